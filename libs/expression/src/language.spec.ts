import { describe, expect, it } from 'vitest';
import { buildExecutionContext, evaluateTree, type EvaluationOptions } from './index.js';

const OPTIONS: EvaluationOptions = {
  now: Date.UTC(2026, 10, 23, 14, 5, 9, 7),
  random: () => 0.25,
  uuid: () => '123e4567-e89b-42d3-a456-426614174000',
};

const CONTEXT = {
  name: 'cart',
  empty: '',
  nothing: null,
  count: 7,
  ratio: 2.5,
  big: 5_000_000_000,
  yes: true,
  tags: ['v1', 'v2', 'v10'],
  numbers: [3, 1, 2],
  words: { one: 1, two: 2, three: 3 },
  index: 1,
  key: 'two',
  'my-key': 'dashed',
  'app.kubernetes.io/name': 'shop',
  stagesLike: [
    { name: 'a', status: 'SUCCEEDED', tags: ['x', 'y'], cost: 1.5 },
    { name: 'b', status: 'TERMINAL', tags: [], cost: 2 },
    { name: 'c', status: 'SUCCEEDED', tags: ['z'], cost: 3.25 },
  ],
  text: '  Hello World  ',
  csv: 'a,b,,c,,',
};

function evaluated(expression: string, context: Record<string, unknown> = CONTEXT) {
  return evaluateTree(`\${${expression}}`, context, OPTIONS);
}

function valueOf(expression: string): unknown {
  const { value, errors } = evaluated(expression);
  expect(errors).toEqual([]);
  return value;
}

/** Text inside a template shows the Java type: 1.0 is a double, 1 an int. */
function textOf(expression: string): unknown {
  const { value, errors } = evaluateTree(`<\${${expression}}>`, CONTEXT, OPTIONS);
  expect(errors).toEqual([]);
  return String(value).slice(1, -1);
}

function messageOf(expression: string, context?: Record<string, unknown>): string {
  const { errors } = evaluated(expression, context);
  expect(errors).toHaveLength(1);
  return errors[0]?.message ?? '';
}

describe('literals', () => {
  it.each([
    ["'it''s'", "it's"],
    ['"say ""hi"""', 'say "hi"'],
    [String.raw`'a\nb'`, String.raw`a\nb`],
    ['0x1F', 31],
    ['0xFFL', 255],
    ['6.0221415E+23', 6.0221415e23],
    ['1e3', 1000],
    ['true', true],
    ['TRUE', true],
    ['1 == 1.0', true],
    ['null == null', true],
    ['{1, 2, {3}}', [1, 2, [3]]],
    ['{}', []],
    ['{:}', {}],
    ["{name: 'x', 'a b': 2, (key): 3}", { name: 'x', 'a b': 2, key: 3 }],
    ['{{a: 1}, {b: {c: 2}}}', [{ a: 1 }, { b: { c: 2 } }]],
    ["new String[]{'a', 'b'}", ['a', 'b']],
    ['new int[3]', [0, 0, 0]],
    [
      'new int[2][2]',
      [
        [0, 0],
        [0, 0],
      ],
    ],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toEqual(expected);
  });
});

describe("numbers, with Java's types", () => {
  it.each([
    ['7 / 2', '3'],
    ['-7 / 2', '-3'],
    ['-7 % 3', '-1'],
    ['7 / 2.0', '3.5'],
    ['6 / 2.0', '3.0'],
    ['2147483647 + 1', '-2147483648'],
    ['2147483647 * 2', '-2'],
    ['2147483647L + 1', '2147483648'],
    ['9223372036854775807L + 1', '-9223372036854775808'],
    ['T(Long).MAX_VALUE', '9223372036854775807'],
    ['2 ^ 3', '8'],
    ['2 ^ 40', '1099511627776'],
    ['2.0 ^ 0.5', '1.4142135623730951'],
    ['1.0', '1.0'],
    ['1f / 3', '0.33333334'],
    ['10000000.0', '1.0E7'],
    ['0.0001', '1.0E-4'],
    ['123456789.125', '1.23456789125E8'],
    ['1.0 / 0', 'Infinity'],
    ['0.0 / 0', 'NaN'],
    ['-0.0', '-0.0'],
    ['count + ratio', '9.5'],
    ['big + 1', '5000000001'],
    ['- count', '-7'],
    ['+ count', '7'],
    ['1 + 2 * 3 - 4 / 2', '5'],
    ['(1 + 2) * 3', '9'],
    ['10 div 3', '3'],
    ['10 mod 3', '1'],
    ['10 - 2 - 3', '5'],
    ["'d' - 3", 'a'],
    ["'ab' * 3", 'ababab'],
    ["'n' + 1 + 2", 'n12'],
    ["1 + 2 + 'n'", '3n'],
    ["'x' + null", 'xnull'],
    ["'x' + 1.0", 'x1.0'],
    ["'x' + tags", 'xv1,v2,v10'],
    ["'x' + {a: 1}", 'x{a=1}'],
    ["'x' + true", 'xtrue'],
  ])('%s is %s', (expression, expected) => {
    expect(textOf(expression)).toBe(expected);
  });

  it('gives whole results as JSON integers and others as JSON fractions', () => {
    expect(valueOf('7 / 2')).toBe(3);
    expect(valueOf('6 / 2.0')).toBe(3);
    expect(valueOf('2147483647L + 1')).toBe(2_147_483_648);
    expect(valueOf("#toFloat('0.1')")).toBe(0.1);
  });

  it('refuses to divide whole numbers by zero', () => {
    expect(messageOf('1 / 0')).toContain('division by zero');
    expect(messageOf('1 % 0')).toContain('division by zero');
  });

  it('says where a number is too large', () => {
    expect(messageOf('2147483648')).toContain('write 2147483648L');
  });
});

describe('comparison and logic', () => {
  it.each([
    ['1 < 2', true],
    ['2 >= 2.0', true],
    ['3 lt 2', false],
    ['3 GT 2', true],
    ['1 eq 1', true],
    ['1 ne 1', false],
    ["'a' < 'b'", true],
    ["'1' == 1", false],
    ['null < 1', true],
    ['1 > null', true],
    ['null == empty', false],
    ['yes and not false', true],
    ['yes or nothing.boom', true],
    ['false && nothing.boom', false],
    ['!yes', false],
    ['not(yes)', false],
    ["'yes' and 'on'", true],
    ['5 between {1, 5}', true],
    ["'b' between {'a', 'c'}", true],
    ["'5.00' matches '^-?\\d+(\\.\\d{2})?$'", true],
    ["'abc' matches 'b'", false],
    ["'xyz' instanceof T(String)", true],
    ["'xyz' instanceof T(int)", false],
    ['1 instanceof T(Integer)', true],
    ['1L instanceof T(Long)', true],
    ['1.5 instanceof T(Double)', true],
    ['null instanceof T(String)', false],
    ['{1} instanceof T(java.util.List)', true],
    ['words instanceof T(java.util.Map)', true],
    ["yes ? 'a' : 'b'", 'a'],
    ["count > 5 ? count > 6 ? 'big' : 'mid' : 'small'", 'big'],
    ["nothing ?: 'default'", 'default'],
    ["empty ?: 'default'", 'default'],
    ["name ?: 'default'", 'cart'],
    ["missing?.deep ?: 'default'", 'default'],
    ["nothing ?: empty ?: 'third'", 'third'],
    ['{1, 2} == {1, 2}', true],
    ['{a: 1} == {a: 1}', true],
    ['words == {one: 1, two: 2, three: 3}', true],
    ['{1, 2}.equals({1, 2L})', false],
    ['1 == 1L', true],
    ['{a: 1} == 1', false],
    ['{a: 1} != null', true],
    ["'x' == {:}", false],
    ['{1} == {a: 1}', false],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toEqual(expected);
  });

  it('asks for a condition where one is needed', () => {
    expect(messageOf("nothing ? 'a' : 'b'")).toContain('needs true or false');
    expect(messageOf('count and yes')).toContain('needs true or false, found Integer 7');
  });
});

describe('reading', () => {
  it.each([
    ['name', 'cart'],
    ['#root.name', 'cart'],
    ["['name']", 'cart'],
    ["#root['my-key']", 'dashed'],
    ["['app.kubernetes.io/name']", 'shop'],
    ['words.two', 2],
    ["words['two']", 2],
    ['words[two]', 2],
    ['words[#root.key]', 2],
    ['tags[0]', 'v1'],
    ['tags[index]', 'v2'],
    ["tags['1']", 'v2'],
    ['tags[tags.size() - 1]', 'v10'],
    ['name[0]', 'c'],
    ['nothing?.x', undefined],
    ['words.keySet()[0]', 'one'],
    ['T(Math).PI', Math.PI],
    ['tags.length', 3],
    ['tags.empty', false],
    ['name.bytes[0]', 99],
    ['stagesLike[0].tags[1]', 'y'],
    ['#this.name', 'cart'],
  ])('%s', (expression, expected) => {
    if (expected === undefined) expect(evaluated(expression).errors[0]?.level).toBe('INFO');
    else expect(valueOf(expression)).toEqual(expected);
  });
});

describe('selection and projection', () => {
  it.each([
    ['numbers.?[#this > 1]', [3, 2]],
    ['numbers.^[#this > 1]', 3],
    ['numbers.$[#this > 1]', 2],
    ['numbers.![#this * 10]', [30, 10, 20]],
    ["stagesLike.?[status == 'SUCCEEDED'].![name]", ['a', 'c']],
    ["stagesLike.?[tags.contains('z')][0].name", 'c'],
    ['stagesLike.![tags.![toUpperCase()]]', [['X', 'Y'], [], ['Z']]],
    ['words.?[value > 1]', { two: 2, three: 3 }],
    ["words.^[key == 'two']", { two: 2 }],
    ["words.![key + '=' + value]", ['one=1', 'two=2', 'three=3']],
    ['words.?[value > #root.index].keySet()', ['two', 'three']],
    ['{1, 2, 3}.?[#this != 2]', [1, 3]],
    ['stagesLike.![#root.name + name]', ['carta', 'cartb', 'cartc']],
    ['missing?.?[true] == null', true],
    ['numbers.?[false]', []],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toEqual(expected);
  });

  it('wants true or false of the criteria, and a list or map to select from', () => {
    expect(messageOf('numbers.?[#this]')).toContain('must give true or false');
    expect(messageOf('name.?[true]')).toContain('needs a list or map');
  });
});

describe("texts' methods", () => {
  it.each([
    ['text.trim()', 'Hello World'],
    ['text.length()', 15],
    ['text.isBlank()', false],
    ["name.concat('s')", 'carts'],
    ['name.substring(1)', 'art'],
    ['name.substring(1, 3)', 'ar'],
    ["name.indexOf('r')", 2],
    ["name.indexOf('z')", -1],
    ["'a.b.c'.lastIndexOf('.')", 3],
    ["csv.split(',')", ['a', 'b', '', 'c']],
    ["csv.split(',', -1)", ['a', 'b', '', 'c', '', '']],
    ["csv.split(',', 2)", ['a', 'b,,c,,']],
    ["'a.b.c'.split('\\.')", ['a', 'b', 'c']],
    ["'a|b'.split('\\|')", ['a', 'b']],
    ["'abc'.split('')", ['a', 'b', 'c']],
    ["'boo:and:foo'.split('o')", ['b', '', ':and:f']],
    ["''.split(',')", ['']],
    ["'a-b-c'.replace('-', '+')", 'a+b+c'],
    ["'aaa'.replace('a', '$1')", '$1$1$1'],
    ["'john smith'.replaceAll('(\\w+) (\\w+)', '$2, $1')", 'smith, john'],
    ["'a1b22'.replaceAll('(?<n>\\d+)', '<${n}>')", 'a<1>b<22>'],
    ["'a1b2'.replaceFirst('\\d', '#')", 'a#b2'],
    ["'Hello'.charAt(1)", 'e'],
    ["'Hello'.startsWith('He')", true],
    ["'Hello'.startsWith('l', 2)", true],
    ["'Hello'.endsWith('lo')", true],
    ["'HELLO'.equalsIgnoreCase('hello')", true],
    ["'b'.compareTo('a')", 1],
    ["'hello'.hashCode()", 99_162_322],
    ["'ab'.repeat(2)", 'abab'],
    ["'x'.equals('x')", true],
    ["'x'.equals(1)", false],
    ["'feature/x'.replaceAll('[^a-z0-9]', '-')", 'feature-x'],
    ["'%s has %d (%.2f)'.formatted(name, count, ratio)", 'cart has 7 (2.50)'],
    ["T(String).format('%05d|%-5s|%x', 42, 'ab', 255)", '00042|ab   |ff'],
    ["T(String).join('-', tags)", 'v1-v2-v10'],
    ["T(String).join('-', 'a', 'b')", 'a-b'],
    ['T(String).valueOf(1.0)', '1.0'],
    ["'a,b'.split(',').length", 2],
    ["'substring'.substring('3')", 'string'],
    ["'line1\nline2\n'.lines()", ['line1', 'line2']],
    ["'tab\tend'.strip()", 'tab\tend'],
    ["'v1.2.3' matches 'v\\d+\\.\\d+\\.\\d+'", true],
    ["'release-1' matches '(?i)RELEASE-.*'", true],
    ["'foobar'.replaceAll('(?<=foo)bar', 'X')", 'fooX'],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toEqual(expected);
  });

  it('names the nearest method', () => {
    expect(messageOf('name.toUppercase()')).toContain('did you mean `toUpperCase`?');
  });

  it.each([
    "'a' matches '(?=a)a'",
    String.raw`'aa' matches '(a)\1'`,
    "'a' matches 'a++'",
    "'a' matches '[a-z&&[^b]]'",
  ])('refuses what cannot be matched in linear time: %s', (expression) => {
    expect(evaluated(expression).errors[0]?.code).toBe('expression.regex_unsupported');
  });
});

describe("lists' and maps' methods", () => {
  it.each([
    ['tags.size()', 3],
    ["tags.contains('v2')", true],
    ["tags.indexOf('v2')", 1],
    ['tags.get(0)', 'v1'],
    ['tags.subList(1, 3)', ['v2', 'v10']],
    ['tags.isEmpty()', false],
    ['tags.toString()', '[v1, v2, v10]'],
    ["words.containsKey('one')", true],
    ["words.containsKey('four')", false],
    ["words.get('four') == null", true],
    ["words.getOrDefault('four', 4)", 4],
    ['words.values()', [1, 2, 3]],
    ['words.keySet()', ['one', 'two', 'three']],
    ['words.entrySet().![key]', ['one', 'two', 'three']],
    ['words.size()', 3],
    ['words.toString()', '{one=1, two=2, three=3}'],
    ['{1, 2}.hashCode()', 994],
    ['words.keySet().contains("two")', true],
    ['numbers.containsAll({1, 2})', true],
    ['{a: {1, 2}}.toString()', '{a=[1, 2]}'],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toEqual(expected);
  });

  it('does not change what it reads', () => {
    expect(messageOf("tags.add('v3')")).toContain('only read');
    expect(messageOf("words.put('a', 1)")).toContain('only read');
    expect(messageOf('name = 1')).toContain('only read');
    expect(messageOf('count++')).toContain('only read');
  });
});

describe('types', () => {
  it.each([
    ["T(Integer).parseInt('42')", 42],
    ["T(java.lang.Integer).valueOf('42')", 42],
    ["T(Integer).parseInt('ff', 16)", 255],
    ['T(Integer).toBinaryString(5)', '101'],
    ["T(Double).parseDouble('1.5')", 1.5],
    ["T(Boolean).parseBoolean('TRUE')", true],
    ['T(Math).max(1, 2)', 2],
    ['T(Math).round(2.5)', 3],
    ['T(Math).round(-2.5)', -2],
    ['T(Math).floor(-1.5)', -2],
    ['T(Math).abs(-3)', 3],
    ['T(Math).floorMod(-7, 3)', 2],
    ['T(Math).pow(2, 10)', 1024],
    ['T(Math).random()', 0.25],
    ["new Integer('5') + 1", 6],
    ["new String('x')", 'x'],
    ['new java.util.Random(42).nextInt()', -1_170_105_035],
    ['new java.util.Random(42).nextInt(10)', 0],
    ['T(java.util.UUID).randomUUID()', '123e4567-e89b-42d3-a456-426614174000'],
    [
      "T(java.util.UUID).fromString('123e4567-e89b-42d3-a456-426614174000').toString()",
      '123e4567-e89b-42d3-a456-426614174000',
    ],
    ["T(java.net.URLEncoder).encode('a b&c/ü', 'UTF-8')", 'a+b%26c%2F%C3%BC'],
    ['new java.util.Date(0).time', 0],
    ['new java.util.Date().getTime()', OPTIONS.now],
    ['new java.util.Date(0).toString()', 'Thu Jan 01 00:00:00 UTC 1970'],
    [
      "new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm:ss.SSS').format(new java.util.Date())",
      '2026-11-23 14:05:09.007',
    ],
    [
      'new java.text.SimpleDateFormat("EEE, d MMM yyyy \'at\' h:mm a Z").format(new java.util.Date())',
      'Mon, 23 Nov 2026 at 2:05 PM +0000',
    ],
    [
      "new java.text.SimpleDateFormat('yyyyMMddHHmmss').parse('20260102030405').time",
      Date.UTC(2026, 0, 2, 3, 4, 5),
    ],
    ["new java.text.SimpleDateFormat('EEEE u D w').format(new java.util.Date())", 'Monday 1 327 48'],
    ['T(java.time.LocalDate).now()', '2026-11-23'],
    ["T(java.time.LocalDate).parse('2026-01-31').plusMonths(1)", '2026-02-28'],
    ['T(java.time.LocalDate).of(2026, 11, 23).getDayOfWeek().toString()', 'MONDAY'],
    ['T(java.time.LocalDate).now().dayOfWeek == T(java.time.DayOfWeek).MONDAY', true],
    [
      'T(java.time.LocalDate).now().with(T(java.time.temporal.TemporalAdjusters).firstDayOfNextMonth())',
      '2026-12-01',
    ],
    ['T(java.time.LocalDateTime).now().getHour()', 14],
    ['T(java.time.Instant).now().toString()', '2026-11-23T14:05:09.007Z'],
    ['T(java.time.Instant).now().plusSeconds(60).toEpochMilli()', OPTIONS.now + 60_000],
    ["T(java.time.Instant).parse('2026-01-01T00:00:00Z').isBefore(T(java.time.Instant).now())", true],
    [
      "T(java.time.temporal.ChronoUnit).DAYS.between(T(java.time.LocalDate).parse('2026-01-01'), T(java.time.LocalDate).parse('2026-03-01'))",
      59,
    ],
    ['T(java.time.Duration).ofMinutes(90).toString()', 'PT1H30M'],
    ['T(java.time.Duration).ofHours(2).toMinutes()', 120],
    ['T(java.time.LocalDate).now().plus(1, T(java.time.temporal.ChronoUnit).WEEKS)', '2026-11-30'],
    [
      "T(java.time.LocalDateTime).now().format(T(java.time.format.DateTimeFormatter).ofPattern('yyyyMMdd-HHmm'))",
      '20261123-1405',
    ],
  ])('%s', (expression, expected) => {
    expect(valueOf(expression)).toEqual(expected);
  });

  it.each([
    'T(java.lang.System).exit(1)',
    'T(Runtime).getRuntime()',
    'T(java.lang.Class).forName("x")',
    'T(Thread).sleep(1000)',
    'new java.lang.ProcessBuilder({"ls"}).start()',
    'new java.io.File("/etc/passwd")',
    'T(java.nio.file.Files)',
    'T(org.springframework.util.StreamUtils)',
    "''.class",
    "''.getClass().forName('x')",
    '@environment',
    'name.constructor',
    'name.__proto__',
    'name.prototype()',
    'tags.constructor.constructor',
    'T(Math).constructor',
    'T(Integer).getInteger("user.home")',
    'T(Boolean).getBoolean("x")',
    '{1}.getClass()',
    'yes.wait()',
    '#root.constructor.name',
    "words['__proto__'].x",
    "words.constructor('return process')()",
    'hasOwnProperty.call',
  ])('refuses %s', (expression) => {
    const { errors, value } = evaluated(expression);
    expect(errors).toHaveLength(1);
    expect(value).toBe(`\${${expression}}`);
  });
});

describe('templates', () => {
  const evaluateText = (text: string) => evaluateTree(text, CONTEXT, OPTIONS).value;

  it.each([
    ['no expression', 'no expression'],
    ['$name {name}', '$name {name}'],
    ['${name}', 'cart'],
    ['a ${name} b', 'a cart b'],
    ['${name}${count}', 'cart7'],
    ['${count}', 7],
    ['${ {a: {b: "}"}} }', { a: { b: '}' } }],
    ["${'}'}", '}'],
    ["${'${name}'}", '${name}'],
    ["pre ${ words.?[key == '}'] } post", undefined],
    ['${tags} list', 'v1,v2,v10 list'],
    ['${ratio}%', '2.5%'],
    ['$${name}', '$cart'],
    ['${"multi" +\n "line"}', 'multiline'],
    ['${nothing ?: "x"}-${missing ?: "y"}', 'x-y'],
    ['v${1.0}', 'v1.0'],
  ])('%s', (text, expected) => {
    if (expected === undefined) expect(evaluateTree(text, CONTEXT, OPTIONS).errors).toHaveLength(1);
    else expect(evaluateText(text)).toEqual(expected);
  });

  it('leaves a text alone whose expression cannot be read, and says where', () => {
    const result = evaluateTree({ a: { b: ['ok', 'x ${name +} y'] } }, CONTEXT, OPTIONS);
    expect(result.value).toEqual({ a: { b: ['ok', 'x ${name +} y'] } });
    expect(result.errors).toMatchObject([
      {
        path: 'a.b[1]',
        column: 11,
        code: 'expression.syntax',
        level: 'ERROR',
        exceptionType: 'SpelParseException',
      },
    ]);
  });

  it('reports an expression without an end, and one without content', () => {
    expect(evaluateTree('a ${name', CONTEXT, OPTIONS).errors[0]?.message).toContain('no closing }');
    expect(evaluateTree('a ${} b', CONTEXT, OPTIONS).errors[0]?.message).toContain('no expression');
    expect(evaluateTree('${ (name }', CONTEXT, OPTIONS).errors[0]?.message).toContain('does not close the (');
  });

  it('never evaluates a result again', () => {
    const result = evaluateTree('${payload}', { payload: '${name}', name: 'x' }, OPTIONS);
    expect(result).toMatchObject({ value: '${name}', errors: [], evaluated: 1 });
  });

  it('returns the very parts of the input that hold no expression', () => {
    const input = { plain: { deep: [1, 2, { x: 'y' }] }, list: ['a', '${name}'], same: ['b'] };
    const before = JSON.stringify(input);
    const result = evaluateTree(input, CONTEXT, OPTIONS).value as typeof input;
    expect(result.plain).toBe(input.plain);
    expect(result.same).toBe(input.same);
    expect(result.list).toEqual(['a', 'cart']);
    expect(JSON.stringify(input)).toBe(before);
    const untouched = { a: [1, { b: 'c' }] };
    expect(evaluateTree(untouched, CONTEXT, OPTIONS).value).toBe(untouched);
  });

  it('keeps a key named __proto__ a key', () => {
    const input = JSON.parse('{"__proto__": {"polluted": "${name}"}, "${name}": 1}') as object;
    const result = evaluateTree(input, CONTEXT, OPTIONS).value as Record<string, unknown>;
    expect(Object.getOwnPropertyDescriptor(result, '__proto__')?.value).toEqual({ polluted: 'cart' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses to put a map into a text', () => {
    expect(evaluateTree('x ${words}', CONTEXT, OPTIONS).errors[0]?.message).toContain('#toJson');
  });
});

describe('failures', () => {
  const context = { trigger: { artifacts: [{ image: 'nginx', type: 'docker/image' }] } };

  it('names the key that was meant', () => {
    const { errors } = evaluated('trigger.artifacts[0].imagee', context);
    expect(errors).toMatchObject([
      {
        message: 'no property `imagee` on trigger.artifacts[0]; did you mean `image`?',
        suggestion: 'image',
        column: 24,
        level: 'INFO',
        found: 'keys: image, type',
      },
    ]);
  });

  it('gives the reason why something is null when it goes on from there', () => {
    const { errors } = evaluated('trigger.artifactz[0].image', context);
    expect(errors[0]).toMatchObject({
      level: 'ERROR',
      suggestion: 'artifacts',
      code: 'expression.null_value',
    });
    expect(errors[0]?.message).toContain('no property `artifactz` on trigger; did you mean `artifacts`?');
  });

  it.each([
    ['#stagee("x")', 'did you mean `#stage`?'],
    ['#toInt()', 'takes 1 argument, found 0'],
    ['#toInt("x")', 'is not a whole number'],
    ['trigger.artifacts[3]', 'has 1 element, so there is none at index 3'],
    ['new Dat()', 'not available'],
    ['T(Date)', 'did you mean `java.util.Date`?'],
    ["'a' - 1.5", '- is not possible between'],
    ['{1} + 1', '+ is not possible between'],
  ])('%s: %s', (expression, message) => {
    expect(messageOf(expression, context)).toContain(message);
  });

  it('makes an unknown key an error where unknown keys are not allowed', () => {
    const result = evaluateTree('${trigger.foo ?: 1}', context, { ...OPTIONS, allowUnknownKeys: false });
    expect(result.errors).toMatchObject([{ level: 'ERROR', code: 'expression.unknown_property' }]);
  });
});

describe('limits', () => {
  const code = (expression: string, limits = {}) =>
    evaluateTree(`\${${expression}}`, CONTEXT, { ...OPTIONS, limits }).errors[0]?.code;

  it.each([
    [`'${'a'.repeat(10_000)}'`, 'expression.too_long'],
    [`${'('.repeat(150)}1${')'.repeat(150)}`, 'expression.too_deep'],
    [`${'!'.repeat(150)}true`, 'expression.too_deep'],
    [`1${' + 1'.repeat(1_500)}`, 'expression.too_deep'],
    [`numbers${'[0]'.repeat(1_500)}`, 'expression.too_deep'],
    ["'abcdefghij'.repeat(1000000)", 'expression.result_too_large'],
    ["'abc' * 100000000", 'expression.result_too_large'],
    ['new int[100000000]', 'expression.result_too_large'],
    [`'a' matches '${'a'.repeat(1_001)}'`, 'expression.regex_too_large'],
    ["'a'.repeat(4000000) matches '(ab|cd|ef|gh|ij|kl|mn)*x'", 'expression.regex_too_large'],
  ])('%.60s …: %s', (expression, expected) => {
    expect(code(expression)).toBe(expected);
  });

  it.each([
    "'' + l.![#root.l.![#root.l]]",
    '#toJson(l.![#root.l.![#root.l]])',
    'l.![#root.l.![#root.m]] == l.![#root.l.![#root.n]]',
    'l.![#root.l.![#root.l]].toString()',
    'l.![#root.l.![#root.l]].hashCode()',
    "l.![#root.big.replace('a', 'b').length()]",
    "l.![#root.l.![#root.big matches '(ab?)*c']]",
    'l.![#root.l.![{a: #root.l}]]',
    'l.![#root.l.![#root.l]]',
    '!l.![#root.l.![#root.l]]',
  ])('ends what grows beyond all bounds: %s', (expression) => {
    const l = Array.from({ length: 400 }, (_, index) => index);
    const context = { l, m: [...l], n: [...l], big: 'a'.repeat(1_000_000) };
    const { errors } = evaluateTree(`\${${expression}}`, context, OPTIONS);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.code).toMatch(/too_many_steps|too_large|wrong_type/);
  });

  it('counts the steps of nested loops', () => {
    expect(code('l.![#root.l.![#root.l.![1]]]')).not.toBe('expression.too_many_steps');
    const l = Array.from({ length: 100 }, (_, index) => index);
    const result = evaluateTree('${l.![#root.l.![#root.l.![#this]]]}', { l }, OPTIONS);
    expect(result.errors[0]?.code).toBe('expression.too_many_steps');
  });
});

describe('an execution as the context', () => {
  const execution = {
    type: 'PIPELINE',
    application: 'shop',
    trigger: { type: 'manual', user: 'me', parameters: { env: 'prod' } },
    templateVariables: { region: 'eu' },
    stages: [
      {
        id: 's1',
        refId: '1',
        type: 'bake',
        name: 'Bake',
        status: 'SUCCEEDED',
        context: {},
        outputs: { ami: 'ami-1' },
      },
      {
        id: 's2',
        refId: '2',
        type: 'wait',
        name: 'Wait',
        requisiteStageRefIds: ['1'],
        context: { own: 1 },
        outputs: {},
      },
      { id: 's3', refId: '3', type: 'wait', name: 'Other', context: {}, outputs: { hidden: true } },
    ],
  };

  function inStage(text: string, evaluator?: string) {
    const { root, access } = buildExecutionContext({
      execution,
      stageId: 's2',
      ...(evaluator ? { evaluator } : {}),
    });
    return evaluateTree(text, root, { ...OPTIONS, execution: access, user: 'me' });
  }

  it.each([
    ['${ami}', 'ami-1'],
    ['${own}', 1],
    ['${parameters.env}', 'prod'],
    ['${#root.parameters.env}', 'prod'],
    ['${trigger.user}', 'me'],
    ['${execution.application}', 'shop'],
    ["${execution.stages.?[type == 'bake'][0].outputs.ami}", 'ami-1'],
    ["${#stage('Bake').outputs['ami']}", 'ami-1'],
    ["${#stage('Wait').context.ami}", 'ami-1'],
    ["${#stage('Bake').getOutputs().get('ami')}", 'ami-1'],
    ["${#stage('Bake').hasSucceeded()}", true],
    ["${#stage('Bake').status.name()}", 'SUCCEEDED'],
    ["${#stage('Bake').status.isComplete()}", true],
    ['${#currentStage().refId}', '2'],
    ['${#currentUser()}', 'me'],
    ["${#readJson(#toJson(#stage('Bake'))).outputs.ami}", 'ami-1'],
    ['${#readJson(#toJson(execution)).application}', 'shop'],
    ['${#toJson(#root).contains("ami-1")}', true],
    ['${#toJson(#doNotEval({1.0, {a: 2L}}))}', '[1.0,{"a":2}]'],
  ])('%s', (text, expected) => {
    expect(inStage(text)).toMatchObject({ value: expected, errors: [] });
  });

  it('does not see other branches', () => {
    expect(inStage('${hidden}').errors).toHaveLength(1);
  });

  it('shows template variables only under v4', () => {
    expect(inStage('${templateVariables.region}', 'v4').value).toBe('eu');
    expect(inStage('${templateVariables.region}', 'v3').errors).toHaveLength(1);
  });

  it('names the nearest stage and property', () => {
    expect(inStage("${#stage('Bakee')}").errors[0]?.message).toContain('did you mean `Bake`?');
    expect(inStage("${#stage('Bake').outputz}").errors[0]?.message).toContain('did you mean `outputs`?');
  });
});
