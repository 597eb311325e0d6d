import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPipeline, evaluateTree, explain, type EvaluationOptions } from './index.js';

/** A few thousand here; `FUZZ_RUNS=100000` for a long night. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const OPTIONS: EvaluationOptions = {
  now: 1_700_000_000_000,
  random: () => 0.5,
  uuid: () => '123e4567-e89b-42d3-a456-426614174000',
};

class Secret {
  readonly secret = 'host object reached';
  reveal(): string {
    return this.secret;
  }
}

const CONTEXT = {
  name: 'cart',
  count: 7,
  ratio: 2.5,
  flag: true,
  nothing: null,
  tags: ['v1', 'v2', 'v10'],
  words: { one: 1, two: 2 },
  stages: [{ name: 'a', status: 'SUCCEEDED', context: { x: 1 } }, { name: 'b' }],
};

const names = [
  ...Object.keys(CONTEXT),
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'class',
  'key',
  'value',
  'missing',
  'one',
];
const methods = [
  'size',
  'length',
  'toString',
  'contains',
  'split',
  'replaceAll',
  'substring',
  'getClass',
  'constructor',
  'call',
  'apply',
  'bind',
  'get',
  'keySet',
  'repeat',
  'matches',
  'format',
  'hashCode',
  'equals',
  'plus',
  'valueOf',
  '__defineGetter__',
  'reveal',
];
const types = [
  'String',
  'Math',
  'Integer',
  'java.util.Date',
  'java.util.UUID',
  'java.lang.System',
  'java.time.LocalDate',
  'Long',
  'Object',
  'java.time.Instant',
];
const functions = [
  'toJson',
  'toInt',
  'readJson',
  'readYaml',
  'stage',
  'currentUser',
  'fromUrl',
  'toBase64',
  'doNotEval',
  'unknown',
  'constructor',
];

const literal = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value)),
  fc.string({ maxLength: 12 }).map((text) => `'${text.replaceAll("'", "''")}'`),
  fc.constantFrom(
    'true',
    'false',
    'null',
    '{}',
    '{:}',
    '9223372036854775807L',
    '1.5f',
    "'(a+)+$'",
    "'%s %d'",
    '2147483647',
  ),
);

const { expression } = fc.letrec<{ expression: string; chain: string }>((tie) => ({
  chain: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...names),
    fc.constantFrom('#root', '#this', '#nope'),
    fc.tuple(tie('chain'), fc.constantFrom(...names)).map(([target, name]) => `${target}.${name}`),
    fc.tuple(tie('chain'), fc.constantFrom(...names)).map(([target, name]) => `${target}?.${name}`),
    fc.tuple(tie('chain'), tie('expression')).map(([target, index]) => `${target}[${index}]`),
    fc
      .tuple(tie('chain'), fc.constantFrom('.?[', '.^[', '.$[', '.![', '?.!['), tie('expression'))
      .map(([target, open, inner]) => `${target}${open}${inner}]`),
    fc
      .tuple(tie('chain'), fc.constantFrom(...methods), fc.array(tie('expression'), { maxLength: 2 }))
      .map(([target, name, args]) => `${target}.${name}(${args.join(', ')})`),
    fc
      .tuple(
        fc.constantFrom(...types),
        fc.constantFrom(...methods),
        fc.array(tie('expression'), { maxLength: 2 }),
      )
      .map(([type, name, args]) => `T(${type}).${name}(${args.join(', ')})`),
    fc
      .tuple(fc.constantFrom(...types), fc.array(tie('expression'), { maxLength: 2 }))
      .map(([type, args]) => `new ${type}(${args.join(', ')})`),
    fc
      .tuple(fc.constantFrom(...functions), fc.array(tie('expression'), { maxLength: 2 }))
      .map(([name, args]) => `#${name}(${args.join(', ')})`),
  ),
  expression: fc.oneof(
    { maxDepth: 5 },
    literal,
    tie('chain'),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(
          '+',
          '-',
          '*',
          '/',
          '%',
          '^',
          '==',
          '!=',
          '<',
          '>=',
          ' and ',
          ' or ',
          ' matches ',
          ' between ',
          ' instanceof ',
          '?:',
        ),
        tie('expression'),
      )
      .map(([left, operator, right]) => `(${left})${operator}(${right})`),
    fc
      .tuple(tie('expression'), tie('expression'), tie('expression'))
      .map(([a, b, c]) => `(${a}) ? ${b} : ${c}`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `{${items.join(', ')}}`),
    fc.tuple(fc.constantFrom(...names), tie('expression')).map(([key, value]) => `{${key}: ${value}}`),
    tie('expression').map((inner) => `!(${inner})`),
    tie('expression').map((inner) => `-(${inner})`),
  ),
}));

const mutated = fc
  .tuple(
    expression,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom(
          '',
          '(',
          ')',
          '[',
          ']',
          '{',
          '}',
          "'",
          '"',
          '.',
          '#',
          '?',
          ' ',
          '\\',
          '\0',
          '$',
          '${',
          'T(',
          '\u{1F600}',
        ),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([text, changes]) =>
    changes.reduce((current, [position, insert]) => {
      const at = position % (current.length + 1);
      return current.slice(0, at) + insert + current.slice(at + (insert === '' ? 1 : 0));
    }, text),
  );

/** Nothing but JSON may come out: no function, no class instance, no symbol. */
function expectJson(value: unknown, depth = 0): void {
  if (value === null || value === undefined || ['string', 'number', 'boolean'].includes(typeof value)) return;
  expect(typeof value).toBe('object');
  const prototype: unknown = Object.getPrototypeOf(value);
  expect(prototype === Object.prototype || prototype === Array.prototype || prototype === null).toBe(true);
  if (depth < 20) for (const item of Object.values(value)) expectJson(item, depth + 1);
}

const slow: { text: string; milliseconds: number }[] = [];

function attempt(text: string): void {
  const before = JSON.stringify(CONTEXT);
  const started = performance.now();
  const result = evaluateTree({ text }, CONTEXT, OPTIONS);
  const milliseconds = performance.now() - started;
  if (milliseconds > 50) slow.push({ text, milliseconds });
  expectJson(result.value);
  expect(JSON.stringify(result.value)).not.toContain('[native code]');
  expect(JSON.stringify(CONTEXT)).toBe(before);
  expect(result.value).not.toBe(globalThis);
}

/** The machine may pause a process; what is slow because of its text is slow again. */
function slowAgain(): { text: string; milliseconds: number }[] {
  return slow.filter(({ text }) => {
    const started = performance.now();
    evaluateTree({ text }, CONTEXT, OPTIONS);
    return performance.now() - started > 50;
  });
}

describe(`${RUNS} random expressions`, () => {
  const timeout = 10_000 + RUNS * 20;

  it(
    'neither crash, hang nor escape',
    () => {
      fc.assert(
        fc.property(expression, (text) => attempt(`\${${text}}`)),
        { numRuns: Math.ceil(RUNS / 2) },
      );
      expect(slowAgain()).toEqual([]);
    },
    timeout,
  );

  it(
    'neither crash, hang nor escape when they are mutated',
    () => {
      fc.assert(
        fc.property(mutated, (text) => attempt(`\${${text}}`)),
        { numRuns: Math.ceil(RUNS / 4) },
      );
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => attempt(`\${${text}}`)),
        { numRuns: Math.ceil(RUNS / 4) },
      );
      expect(slowAgain()).toEqual([]);
    },
    timeout,
  );

  it(
    'can be explained and checked without a crash',
    () => {
      fc.assert(
        fc.property(mutated, (text) => {
          explain(text, CONTEXT, OPTIONS);
          checkPipeline({ stages: [{ type: 'wait', refId: '1', comments: `\${${text}}` }] });
        }),
        { numRuns: Math.ceil(RUNS / 10) },
      );
    },
    timeout,
  );
});

describe('a host object in the context', () => {
  it.each([
    'holder.reveal()',
    'holder.constructor',
    'holder.reveal',
    '#root.holder.constructor.constructor("return 1")()',
  ])('shows nothing of its prototype: %s', (text) => {
    const result = evaluateTree(`\${${text}}`, { holder: new Secret() }, OPTIONS);
    expect(result.errors).toHaveLength(1);
  });
});
