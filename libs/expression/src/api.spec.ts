import { describe, expect, it } from 'vitest';
import {
  checkPipeline,
  compile,
  ContextSource,
  effectKey,
  evaluateCondition,
  evaluateStageContext,
  evaluateStageEnabled,
  evaluateTree,
  evaluateWithEffects,
  evaluatorFor,
  explain,
  functionCatalogue,
  urlProblem,
  type EvaluationOptions,
  type Value,
} from './index.js';

const OPTIONS: EvaluationOptions = {
  now: 1_700_000_000_000,
  random: () => 0.5,
  uuid: () => '123e4567-e89b-42d3-a456-426614174000',
};

describe('effects', () => {
  const url = 'https://example.com/build.json';

  it('are asked for, all at once, and not guessed', () => {
    const tree = {
      a: `\${#jsonFromUrl('${url}').version}`,
      b: "${#pipelineIdInApplication('p', 'a')}",
      c: '${1 + 1}',
    };
    const result = evaluateTree(tree, {}, OPTIONS);
    expect(result.needs).toEqual([
      { function: 'fromUrl', args: [url] },
      { function: 'pipelineId', args: ['p', 'a'] },
    ]);
    expect(result.value).toEqual({ ...tree, c: 2 });
    expect(result.errors).toEqual([]);
  });

  it('are answered by what was recorded', () => {
    const effects = { [effectKey({ function: 'fromUrl', args: [url] })]: { value: '{"version": "1.2"}' } };
    const result = evaluateTree(`v\${#jsonFromUrl('${url}').version}`, {}, { ...OPTIONS, effects });
    expect(result).toMatchObject({ value: 'v1.2', errors: [] });
    expect(result.needs).toBeUndefined();
  });

  it('are performed once each, also when one leads to the next', async () => {
    const asked: string[] = [];
    const pages: Record<string, string> = {
      'https://example.com/index': 'https://example.com/data',
      'https://example.com/data': 'a = 1\n# comment\nb.c: two \\\n  lines\n',
    };
    const result = await evaluateWithEffects(
      {
        one: "${#propertiesFromUrl(#fromUrl('https://example.com/index'))}",
        two: "${#fromUrl('https://example.com/index')}",
      },
      {},
      OPTIONS,
      async ({ args }) => {
        asked.push(String(args[0]));
        return pages[String(args[0])];
      },
    );
    expect(result.value).toEqual({
      one: { a: '1', 'b.c': 'two lines' },
      two: 'https://example.com/data',
    });
    expect(asked).toEqual(['https://example.com/index', 'https://example.com/data']);
    expect(Object.keys(result.effects)).toHaveLength(2);
  });

  it('that fail are failures of the expressions that asked', async () => {
    const result = await evaluateWithEffects(`\${#fromUrl('${url}')}`, {}, OPTIONS, async () => {
      throw new Error('503 Service Unavailable');
    });
    expect(result.errors).toMatchObject([{ code: 'expression.function_failed', level: 'ERROR' }]);
    expect(result.errors[0]?.message).toContain('503 Service Unavailable');
  });

  it('never go to addresses of the installation', () => {
    for (const bad of [
      'http://10.0.0.1/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://localhost:8080',
      'http://x.localhost/',
      'ftp://a.b/c',
      'http://gate.spinnaker./',
    ]) {
      expect(urlProblem(bad), bad).toBeDefined();
    }
    expect(urlProblem('https://user@example.com:8443/a?b')).toBeUndefined();
  });
});

describe('a lazy context', () => {
  class Counting extends ContextSource {
    readonly read: string[] = [];
    get(key: string): Value | undefined {
      this.read.push(key);
      return key === 'small' ? { a: 1 } : undefined;
    }
    has(key: string): boolean {
      return key === 'small';
    }
    keys(): Iterable<string> {
      throw new Error('nobody asked for all keys');
    }
  }

  it('is only asked for what an expression reads', () => {
    const source = new Counting();
    expect(evaluateTree('${small.a}', source, OPTIONS).value).toBe(1);
    expect(source.read).toEqual(['small']);
  });
});

describe('conditions', () => {
  const context = { parameters: { env: 'prod' }, flag: 'true' };

  it.each([
    ["parameters.env == 'prod'", true, 'true'],
    ["${parameters.env == 'prod'}", true, 'true'],
    ['flag', true, 'true'],
    ["parameters.env == 'test'", false, 'false'],
    ["'maybe'", false, 'maybe'],
    ['parameters.nope', false, 'parameters.nope'],
  ])('%s', (expression, value, text) => {
    expect(evaluateCondition(expression, context, OPTIONS)).toMatchObject({ value, text });
  });

  it('place their failures in the expression as it was written', () => {
    expect(evaluateCondition('parameters.envv == 1 and nope.x', context, OPTIONS).errors).toEqual([]);
    expect(evaluateCondition('nope.x == 1', context, OPTIONS).errors[0]).toMatchObject({
      column: 1,
      path: '',
    });
  });

  it('let a stage without one run', () => {
    expect(evaluateStageEnabled([undefined, null, {}], context, OPTIONS).value).toBe(true);
    expect(evaluateStageEnabled([{ type: 'expression', expression: ' ' }], context, OPTIONS).value).toBe(
      true,
    );
  });
});

describe('stages under v4', () => {
  it('show each variable the ones above it, and nothing of a failed one', () => {
    const context = {
      variables: [
        { key: 'a', value: '${1}' },
        { key: 'b', value: '${nope}' },
        { key: 'c', value: '${a + 1}' },
        { key: 'd', value: '${b}' },
      ],
      other: "${'x'}",
    };
    const result = evaluateStageContext(
      { type: 'evaluateVariables', context },
      {},
      { ...OPTIONS, evaluator: 'v4' },
    );
    expect(result.value).toMatchObject({
      other: 'x',
      variables: [{ value: 1 }, { value: '${nope}', sourceValue: '{nope}' }, { value: 2 }, { value: '${b}' }],
    });
    expect(result.errors.map(({ path }) => path)).toEqual(['variables[1].value', 'variables[3].value']);
  });
});

describe('the functions that read texts', () => {
  it("take YAML as Java's parser does: yes and on are true, y and n are letters", () => {
    const { value } = evaluateTree(
      "${#readYaml('{a: yes, b: on, c: y, d: n, e: No, f: 0777}')}",
      {},
      OPTIONS,
    );
    expect(value).toEqual({ a: true, b: true, c: 'y', d: 'n', e: false, f: 511 });
  });
});

describe('explain', () => {
  const context = { trigger: { buildNumber: 41, artifacts: [{ name: 'cart' }] } };

  it('shows the value of every step with its place', () => {
    const explained = explain(
      "trigger.buildNumber + 1 > 40 ? trigger.artifacts[0].name : 'none'",
      context,
      OPTIONS,
    );
    expect(explained).toMatchObject({ value: 'cart', type: 'String', errors: [] });
    expect(explained.steps.map(({ text, value }) => [text, value])).toEqual([
      ['trigger', context.trigger],
      ['trigger.buildNumber', 41],
      ['trigger.buildNumber + 1', 42],
      ['trigger.buildNumber + 1 > 40', true],
      ['trigger', context.trigger],
      ['trigger.artifacts', context.trigger.artifacts],
      ['trigger.artifacts[0]', { name: 'cart' }],
      ['trigger.artifacts[0].name', 'cart'],
      ["trigger.buildNumber + 1 > 40 ? trigger.artifacts[0].name : 'none'", 'cart'],
    ]);
    expect(explained.steps[1]).toMatchObject({ column: 1, end: 19, type: 'Integer' });
  });

  it('shows how far it came', () => {
    const explained = explain('build ${trigger.buildNumber.foo()}', context, OPTIONS);
    expect(explained.errors).toHaveLength(1);
    expect(explained.steps.find(({ text }) => text === 'trigger.buildNumber')?.value).toBe(41);
    expect(explained.steps.at(-1)?.error).toContain('no method `foo`');
    expect(explained.steps[0]?.column).toBe(9);
  });

  it("names Java's type of the result", () => {
    expect(explain('1.0 + 1', {}, OPTIONS)).toMatchObject({ value: 2, type: 'Double' });
    expect(explain('{1, 2}', {}, OPTIONS).type).toBe('List');
    expect(explain('a ${1} b', {}, OPTIONS).type).toBe('String');
  });
});

describe('checking a pipeline', () => {
  const stages = [
    { refId: '1', type: 'bake', name: 'Bake', requisiteStageRefIds: [] },
    { refId: '2', type: 'manualJudgment', name: 'Promote?', requisiteStageRefIds: ['1'] },
    { refId: '3', type: 'wait', name: 'Other', requisiteStageRefIds: [] },
  ];
  const problemsOf = (text: unknown, extra: object = {}) =>
    checkPipeline({
      parameterConfig: [{ name: 'env' }, { name: 'region' }],
      stages: [
        ...stages,
        { refId: '4', type: 'wait', name: 'Last', requisiteStageRefIds: ['2'], comments: text, ...extra },
      ],
    });

  it.each([
    '${parameters.env}',
    "${#stage('Bake').outputs.ami}",
    "${#judgment('Promote?') == 'yes'}",
    "${#stageByRefId('1').status}",
    '${#root.parameters["region"]}',
    "${#stage('Last').context.x}",
    '${#stage(parameters.env)}',
    '$5 and {braces}',
  ])('finds nothing wrong with %s', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    ['${parameters.envv}', 'warning', 'did you mean `env`?'],
    ["${trigger.parameters['zone']}", 'warning', 'declares no parameter `zone`'],
    ['${execution.trigger.parameters.zone}', 'warning', 'declares no parameter `zone`'],
    ["${parameters.get('zone')}", 'warning', 'declares no parameter `zone`'],
    ["${execution.stages.?[name == 'Bak'][0].status}", 'warning', 'did you mean `Bake`?'],
    ["${#root.execution['stages'].^[#this['name'] == 'Other'].status}", 'warning', 'does not come before'],
    ["${#stage('Bak')}", 'warning', 'did you mean `Bake`?'],
    ["${#stage('Other').status}", 'warning', 'does not come before'],
    ["${#stageByRefId('9')}", 'warning', 'no stage with the refId `9`'],
    ["${#judgment('Bake')}", 'warning', 'needs a manualJudgment stage'],
    ['${#stge("Bake")}', 'error', 'did you mean `#stage`?'],
    ['${#toInt()}', 'error', 'takes 1 argument'],
    ['${T(java.lang.System).exit(1)}', 'error', 'not available'],
    ['${new Date()}', 'error', 'did you mean `java.util.Date`?'],
    ['${1 +}', 'error', 'expected a value'],
    ['${unclosed', 'error', 'no closing }'],
    ['${#name}', 'warning', 'always null'],
    ['${name = 1}', 'error', 'only read'],
  ])('%s: %s, %s', (text, severity, message) => {
    const problems = problemsOf([{ deep: `x ${text}` }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path: 'stages[3].comments[0].deep', severity });
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.column).toBeGreaterThan(2);
  });

  it('looks into conditions, which are written without braces', () => {
    const extra = {
      stageEnabled: { type: 'expression', expression: 'parameters.nope == 1' },
      preconditions: [{ type: 'expression', context: { expression: '1 +' } }],
    };
    expect(problemsOf('', extra).map(({ path }) => path)).toEqual([
      'stages[3].stageEnabled.expression',
      'stages[3].preconditions[0].context.expression',
    ]);
    const waiting = {
      type: 'waitForCondition',
      expression: '1 +',
      conditions: [{ type: 'expression', context: { expression: '2 +' } }],
    };
    expect(checkPipeline({ stages: [waiting] }).map(({ path }) => path)).toEqual([
      'stages[0].expression',
      'stages[0].conditions[0].context.expression',
    ]);
  });

  it('says nothing of stages and parameters that a template may add', () => {
    const variables = { a: "${parameters.any} ${#stage('x').status}" };
    expect(checkPipeline({ type: 'templatedPipeline', variables })).toEqual([]);
  });

  it('warns only, where nothing fails: outside of the stages, and in a lenient pipeline', () => {
    const severities = (pipeline: object) => checkPipeline({ ...pipeline }).map(({ severity }) => severity);
    expect(severities({ description: '${1 +}' })).toEqual(['warning']);
    expect(severities({ expressions: 'lenient', stages: [{ type: 'wait', a: '${1 +}' }] })).toEqual([
      'warning',
    ]);
    expect(checkPipeline({ stages: [{ a: '${1 +}' }] }, { lenientByDefault: true })[0]?.severity).toBe(
      'warning',
    );
  });

  it('leaves manifests alone that v4 takes as they are', () => {
    const stage = { type: 'deployManifest', skipExpressionEvaluation: true, manifests: [{ a: '${1 +}' }] };
    expect(checkPipeline({ spelEvaluator: 'v4', stages: [stage] })).toEqual([]);
    expect(checkPipeline({ stages: [stage] })).toHaveLength(1);
  });
});

describe('compiled expressions', () => {
  it('are compiled once for their text', () => {
    expect(compile('1 + 1')).toBe(compile('1 + 1'));
    expect(evaluatorFor({ a: 1 }, OPTIONS)(compile('a + 1'))).toBe(2);
  });
});

describe('the catalogue', () => {
  it('documents every function, with an example that can be parsed', () => {
    expect(functionCatalogue.functions.length).toBeGreaterThan(30);
    for (const { name, description, example } of functionCatalogue.functions) {
      expect(description, name).not.toBe('');
      expect(
        checkPipeline({ example }).filter(({ severity }) => severity === 'error'),
        name,
      ).toEqual([]);
      expect(example).toContain(`#${name}(`);
    }
    expect(functionCatalogue.spelEvaluators.map(({ versionKey }) => versionKey)).toEqual(['v2', 'v3', 'v4']);
  });
});
