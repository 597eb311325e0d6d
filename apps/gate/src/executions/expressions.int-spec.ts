import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from '../testing/gate.suite.js';

let gate: TestGate;
beforeAll(async () => {
  gate = await startTestGate();
});
afterAll(() => gate.close());

const evaluate = (body: unknown) => gate.call('POST', '/expressions/evaluate', body);
const problemsIn = ({ json }: { json: never }) =>
  ((json as { problems?: { path: string }[] }).problems ?? []).map(({ path }) => path);

/** An execution whose second stage follows one with outputs; nothing runs it. */
async function execution(): Promise<string> {
  const started = await gate.call('POST', '/pipelines/start', {
    application: 'app',
    name: 'p',
    spelEvaluator: 'v4',
    templateVariables: { region: 'eu' },
    trigger: {
      type: 'manual',
      parameters: { tag: '1.4' },
      artifacts: [{ type: 'docker/image', image: 'x' }],
    },
    stages: [
      { refId: '1', type: 'wait', name: 'First', waitTime: 1 },
      { refId: '2', type: 'wait', name: 'Second', waitTime: 1, zone: 'a', requisiteStageRefIds: ['1'] },
    ],
  });
  return String((started.json as { ref: string }).ref)
    .split('/')
    .at(-1)!;
}

describe('POST /expressions/evaluate', () => {
  it('gives the result, its type and the value of every step', async () => {
    const context = { trigger: { buildNumber: 41 } };
    const answer = await evaluate({ expression: '${trigger.buildNumber + 1}', context });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      result: 42,
      type: 'Integer',
      steps: [
        { path: '', text: 'trigger', column: 3, end: 9, type: 'Map', value: { buildNumber: 41 } },
        { path: '', text: 'trigger.buildNumber', column: 3, end: 21, type: 'Integer', value: 41 },
        { path: '', text: 'trigger.buildNumber + 1', column: 3, end: 25, type: 'Integer', value: 42 },
      ],
      errors: [],
    });
  });

  it('takes an expression without braces, and any JSON, whose keys and texts it evaluates', async () => {
    expect((await evaluate({ expression: "{'a', 'b'}.size() == 2" })).json).toMatchObject({ result: true });
    const expression = { replicas: '${2 * 3}', list: ['${name}-x', 7], '${name}': null };
    const answer = await evaluate({ expression, context: { name: 'cart' } });
    expect(answer.json).toMatchObject({
      result: { replicas: 6, list: ['cart-x', 7], cart: null },
      type: 'Map',
      steps: [{ path: 'replicas', text: '2 * 3', value: 6 }, { path: 'list[0]' }, { path: "['${name}']" }],
    });
  });

  it('says where and why an expression failed, what was found and what is near', async () => {
    const context = { trigger: { artifacts: [{ image: 'nginx' }] } };
    const expression = { spec: ['a ${trigger.artifacts[0].imagee.toUpperCase()}'] };
    const answer = await evaluate({ expression, context });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      result: expression,
      errors: [
        {
          path: 'spec[0]',
          expression: 'trigger.artifacts[0].imagee.toUpperCase()',
          column: 26,
          message: expect.stringContaining(
            'no property `imagee` on trigger.artifacts[0]; did you mean `image`?',
          ),
          code: 'expression.null_value',
          found: expect.stringContaining('image'),
          suggestion: 'image',
          level: 'ERROR',
        },
      ],
    });
  });

  it('looks at an execution, at a stage of it by id or refId, under the evaluator asked for', async () => {
    const executionId = await execution();
    const at = (expression: string, more: object = {}) => evaluate({ expression, executionId, ...more });
    expect((await at("${parameters.tag} ${#stage('First').status}")).json).toMatchObject({
      result: '1.4 NOT_STARTED',
    });
    expect((await at('${#currentStage().name} in ${zone}', { stageId: '2' })).json).toMatchObject({
      result: 'Second in a',
    });
    expect((await at('${zone}')).json).toMatchObject({ result: '${zone}', errors: [{ level: 'INFO' }] });
    expect((await at('${templateVariables.region}')).json).toMatchObject({ result: 'eu' });
    expect((await at('${templateVariables.region}', { evaluator: 'v3' })).json).toMatchObject({
      errors: [{ code: expect.any(String) }],
    });
  });

  it('evaluates a stage as its evaluator does', async () => {
    const variables = [
      { key: 'a', value: '${1 + 1}' },
      { key: 'b', value: '${a * 2}' },
    ];
    const expression = { type: 'evaluateVariables', variables };
    expect((await evaluate({ expression, evaluator: 'v4' })).json).toMatchObject({
      result: { variables: [{ value: 2 }, { value: 4 }] },
      steps: [{ path: 'variables[0].value' }, { path: 'variables[1].value' }, { text: 'a * 2', value: 4 }],
    });
    expect((await evaluate({ expression, evaluator: 'v3' })).json).toMatchObject({
      errors: [{ path: 'variables[1].value' }],
    });
  });

  it('lists what would be asked of the world, and asks nothing', async () => {
    const expression = "${#jsonFromUrl('https://example.com/a.json').version}";
    expect((await evaluate({ expression })).json).toMatchObject({
      result: expression,
      needs: [{ function: 'fromUrl', args: ['https://example.com/a.json'] }],
    });
  });

  it.each([
    [{}, 'expression'],
    [{ expression: '1', stage: '1' }, 'stage'],
    [{ expression: '1', context: [] }, 'context'],
    [{ expression: '1', evaluator: 'v9' }, 'evaluator'],
    [{ expression: '1', stageId: '1' }, 'executionId'],
    [{ expression: '1', executionId: 7 }, 'executionId'],
    [{ expression: '1', executionId: 'x', context: {} }, 'context'],
    [{ expression: Array.from({ length: 300 }, () => '${1}') }, 'expression'],
  ])('names the field of bad input: case %#', async (body, path) => {
    const answer = await evaluate(body);
    expect([answer.status, problemsIn(answer)]).toEqual([400, [path]]);
  });

  it('answers 404 for an execution or a stage that does not exist', async () => {
    expect((await evaluate({ expression: '1', executionId: 'nothing' })).status).toBe(404);
    const executionId = await execution();
    expect((await evaluate({ expression: '1', executionId, stageId: '9' })).status).toBe(404);
  });
});

describe('POST /pipelines/{id}/evaluateVariables', () => {
  it('sees what the stages that it would follow see', async () => {
    const id = await execution();
    const url = `/pipelines/${id}/evaluateVariables?requisiteStageRefIds=2&spelVersion=v4`;
    const answer = await gate.call('POST', url, [{ key: 'a', value: "${#stageByRefId('2').context.zone}" }]);
    expect(answer.json).toMatchObject({ result: [{ key: 'a', value: 'a' }] });
  });
});

describe('GET /capabilities/expressions', () => {
  it('documents every function with parameters and an example, and the evaluators, as Deck reads them', async () => {
    const { json } = await gate.call('GET', '/capabilities/expressions');
    expect(json).toMatchObject({
      functions: expect.arrayContaining([
        expect.objectContaining({
          name: 'stage',
          description: expect.any(String),
          parameters: [expect.objectContaining({ type: 'String' })],
          example: expect.stringContaining('#stage('),
        }),
      ]),
      spelEvaluators: [
        { versionKey: 'v2', isDeprecated: true },
        { versionKey: 'v3' },
        { versionKey: 'v4', description: expect.any(String) },
      ],
    });
  });
});

describe('a pipeline with expressions', () => {
  const pipeline = {
    application: 'app',
    name: 'checked',
    parameterConfig: [{ name: 'tag' }],
    stages: [
      { refId: '1', type: 'wait', name: 'Before', waitTime: '${parameters.tagg}' },
      { refId: '2', type: 'wait', name: 'Other', waitTime: 1, comments: "${#stage('Nowhere').status}" },
      {
        refId: '3',
        type: 'wait',
        waitTime: 1,
        comments: "${#stage('Other').status}",
        requisiteStageRefIds: ['1'],
      },
    ],
  };
  const broken = {
    ...pipeline,
    stages: [{ refId: '1', type: 'wait', waitTime: '${1 +} ${#toInteger("1")}' }],
  };
  const warnings = [
    { severity: 'warning', path: 'stages[0].waitTime', column: 14, suggestion: 'tag' },
    {
      severity: 'warning',
      path: 'stages[1].comments',
      message: expect.stringContaining('no stage `Nowhere`'),
    },
    {
      severity: 'warning',
      path: 'stages[2].comments',
      message: expect.stringContaining('does not come before'),
    },
  ];

  it('is checked without being stored', async () => {
    const answer = await gate.call('POST', '/pipelines/validate', pipeline);
    expect([answer.status, answer.json]).toMatchObject([200, { valid: true, errors: [], warnings }]);
    expect((await gate.call('POST', '/pipelines/validate', broken)).json).toMatchObject({
      valid: false,
      errors: [
        { severity: 'error', path: 'stages[0].waitTime', code: 'expression.syntax', column: 6 },
        { path: 'stages[0].waitTime', code: 'expression.unknown_function', column: 10 },
      ],
    });
    expect((await gate.call('GET', '/applications/app/pipelineConfigs')).json).toEqual([]);
    expect((await gate.call('POST', '/pipelines/validate', [])).status).toBe(400);
    const templated = {
      type: 'templatedPipeline',
      schema: 'v2',
      template: { reference: 'spinnaker://none' },
    };
    const unplanned = { application: 'app', name: 'p', ...templated };
    expect((await gate.call('POST', '/pipelines/validate', unplanned)).json).toMatchObject({
      valid: true,
      warnings: [{ severity: 'warning', path: 'template.reference' }],
    });
  });

  it('is saved with warnings, which come with the answer and are not stored', async () => {
    const saved = await gate.call('POST', '/pipelines', pipeline);
    expect([saved.status, saved.json]).toMatchObject([200, { warnings }]);
    const read = await gate.call('GET', '/applications/app/pipelineConfigs/checked');
    const config = read.json as { id: string };
    expect(config).not.toHaveProperty('warnings');
    const renamed = await gate.call('PUT', `/pipelines/${config.id}`, { ...config, name: 'renamed' });
    expect(renamed.json).toMatchObject({ name: 'renamed', warnings });
    await gate.call('PUT', `/pipelines/${config.id}`, renamed.json);
    expect((await gate.call('GET', '/applications/app/pipelineConfigs/renamed')).json).not.toHaveProperty(
      'warnings',
    );
    expect(
      (await gate.call('POST', '/pipelines/bulksave', [{ ...pipeline, name: 'bulk' }])).json,
    ).toMatchObject({
      successful_pipelines: ['bulk'],
      warnings: warnings.map((warning) => ({ pipeline: 'bulk', ...warning })),
    });
  });

  it('is refused with errors, all of them named, unless it says that it is lenient', async () => {
    const refused = await gate.call('POST', '/pipelines', broken);
    expect(refused.json).toMatchObject({
      status: 400,
      problems: [{ path: 'stages[0].waitTime', column: 6 }, { column: 10 }],
    });
    const saved = await gate.call('POST', '/pipelines', { ...broken, expressions: 'lenient' });
    expect([saved.status, saved.json]).toMatchObject([
      200,
      { warnings: [{ code: 'expression.syntax' }, { severity: 'warning' }] },
    ]);
  });
});
