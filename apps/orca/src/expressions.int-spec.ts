import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { replay } from '@gennaker/execution';
import { toExecutionEvent } from '@gennaker/execution-store';
import { canonicalJson } from '@gennaker/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorsOf, stageAt, startTestOrca, type TestOrca } from './testing/orca.suite.js';

const ANSWERS: Record<string, string> = {
  '/text': 'plain ${1 + 1}',
  '/json': '{"version":"1.4","list":[1,2]}',
  '/yaml': 'a: 1\nb: [x, y]\n',
  '/properties': '# build\nversion = 2.0\nname: cart\n',
  '/large': 'x'.repeat(2_000),
};

let server: Server;
let url: string;
let asked: string[] = [];
let orca: TestOrca;

beforeAll(async () => {
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    asked.push(path);
    if (path === '/never') return;
    const body = ANSWERS[path];
    response.writeHead(body === undefined ? 500 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = { allowPrivateAddresses: true, maxResponseBytes: 1_000, readTimeoutMs: 300 };
  orca = await startTestOrca({ http });
});
afterAll(async () => {
  await orca.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
});

const noop = (more: object) => ({ refId: '1', type: 'noop', ...more });

describe('an expression that fails', () => {
  const manifests = [{ image: 'x ${trigger.artifacts[0].imagee.trim()}' }];
  const failing = noop({ manifests });
  const trigger = { artifacts: [{ image: 'nginx' }] };

  it('fails its stage before anything runs, and the exception says where and why', async () => {
    const state = await orca.run([failing, { refId: '2', type: 'noop', requisiteStageRefIds: ['1'] }], {
      trigger,
    });
    const stage = stageAt(state, '1');
    expect([state.status, stage.status, stageAt(state, '2').status]).toEqual([
      'TERMINAL',
      'TERMINAL',
      'NOT_STARTED',
    ]);
    expect(stage.tasks).toEqual([]);
    expect(stage.context['exception']).toMatchObject({
      exceptionType: 'ExpressionEvaluationFailed',
      operation: 'noop',
      shouldRetry: false,
      details: {
        error: expect.stringContaining('Failed to evaluate [manifests[0].image]'),
        errors: [
          expect.stringMatching(
            /no property `imagee` on trigger\.artifacts\[0\]; did you mean `image`\?.*\(column 26, in "trigger\.artifacts\[0\]\.imagee\.trim\(\)"\)/,
          ),
        ],
      },
    });
    expect(Object.values(stage.context['expressionEvaluationSummary'] as object)).toMatchObject([
      [{ level: 'ERROR', exceptionType: 'SpelEvaluationException' }],
    ]);
  });

  it('keeps its text in a pipeline that is lenient, and is noted', async () => {
    const state = await orca.run([failing], { trigger, expressions: 'lenient' });
    expect(state.status).toBe('SUCCEEDED');
    const { context } = stageAt(state, '1');
    expect(context['manifests']).toEqual(manifests);
    expect(context['expressionEvaluationSummary']).toMatchObject({
      'x trigger.artifacts[0].imagee.trim()': [{ level: 'ERROR' }],
    });
  });

  it('still fails a lenient stage that asks for it', async () => {
    const stage = { ...failing, failOnFailedExpressions: true };
    expect((await orca.run([stage], { trigger, expressions: 'lenient' })).status).toBe('TERMINAL');
  });

  it('obeys the options of the stage', async () => {
    const stage = { ...failing, failPipeline: false, continuePipeline: true };
    const state = await orca.run([stage], { trigger });
    expect([state.status, stageAt(state, '1').status]).toEqual(['SUCCEEDED', 'FAILED_CONTINUE']);
  });

  it('keeps its text in every pipeline of a lenient installation, but for those that are strict', async () => {
    const lenient = await startTestOrca({ expressions: 'lenient' });
    try {
      expect((await lenient.run([failing], { trigger })).status).toBe('SUCCEEDED');
      expect((await lenient.run([failing], { trigger, expressions: 'strict' })).status).toBe('TERMINAL');
    } finally {
      await lenient.close();
    }
  });

  it('fails a stage whose condition cannot be evaluated', async () => {
    const stage = noop({ stageEnabled: { type: 'expression', expression: 'parameters.x.y' } });
    const state = await orca.run([stage], { trigger: { parameters: { x: 1 } } });
    expect(errorsOf(stageAt(state, '1'))[0]).toContain('[stageEnabled.expression]');
  });
});

describe('functions that ask the world', () => {
  const fetching = {
    text: "${#fromUrl('URL/text')}",
    version: "${#jsonFromUrl('URL/json').version}",
    list: "${#jsonFromUrl('URL/json').list}",
    yaml: "${#yamlFromUrl('URL/yaml')}",
    named: "${#propertiesFromUrl('URL/properties').name}",
  };
  const at = (expressions: object) =>
    JSON.parse(JSON.stringify(expressions).replaceAll('URL', url)) as Record<string, string>;

  it('are asked once per attempt; the answers are recorded, and never parsed again', async () => {
    const state = await orca.run([noop(at(fetching))]);
    expect(stageAt(state, '1').context).toMatchObject({
      text: 'plain ${1 + 1}',
      version: '1.4',
      list: [1, 2],
      yaml: { a: 1, b: ['x', 'y'] },
      named: 'cart',
    });
    expect([...asked].sort()).toEqual(['/json', '/properties', '/text', '/yaml']);

    const events = await orca.platform.executions.events(state.id);
    expect(canonicalJson(replay(events.map(toExecutionEvent)))).toBe(canonicalJson(state));
    expect(asked).toHaveLength(4);
  });

  it('are asked by conditions, too', async () => {
    const expression = at({ expression: "#jsonFromUrl('URL/json').version == '1.4'" })['expression'];
    const state = await orca.run([
      {
        refId: '1',
        type: 'checkPreconditions',
        preconditions: [{ type: 'expression', context: { expression } }],
      },
      noop({ refId: '2', stageEnabled: { type: 'expression', expression } }),
    ]);
    expect([state.status, stageAt(state, '2').status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(asked).toEqual(['/json', '/json']);
  });

  it('are asked again by a new attempt', async () => {
    const state = await orca.run([noop(at({ version: fetching.version }))]);
    const stage = stageAt(state, '1');
    await orca.platform.executionCommands.restartStage(state.id, stage.id, {
      authentication: { user: 'ann', allowedAccounts: [] },
    });
    const again = await orca.until(state.id, (now) => {
      const { attempt, status } = now.stages[stage.id]!;
      return attempt === 2 && status === 'SUCCEEDED';
    });
    expect(again.stages[stage.id]?.context['version']).toBe('1.4');
    expect(asked).toEqual(['/json', '/json']);
  });

  it.each([
    ["${#fromUrl('URL/large')}", /larger than 1000 bytes/],
    ["${#fromUrl('URL/missing')}", /answered 500/],
    ["${#fromUrl('URL/never')}", /failed/],
    ["${#fromUrl('file:///etc/passwd')}", /not allowed|http/],
    ["${#jsonFromUrl('URL/text')}", /JSON/],
    ["${#pipelineId('no such')}", /no such/],
    ["${#canaryConfigNameToId('none', 'demo')}", /none/],
  ])('fail their expression with the reason: %s', async (expression, reason) => {
    const state = await orca.run([noop(at({ value: expression }))]);
    expect([state.status, errorsOf(stageAt(state, '1'))]).toEqual([
      'TERMINAL',
      [expect.stringMatching(reason)],
    ]);
  });

  it('may not go inside by default', async () => {
    const closed = await startTestOrca();
    try {
      for (const address of [url, 'http://localhost/', 'http://orca.spinnaker/', 'http://spin-orca/']) {
        const state = await closed.run([noop({ value: `\${#fromUrl('${address}')}` })]);
        expect([address, state.status]).toEqual([address, 'TERMINAL']);
      }
      expect(asked).toEqual([]);
    } finally {
      await closed.close();
    }
  });

  it('look pipelines and applications up', async () => {
    const by = { author: 'ann', origin: 'api' };
    await orca.catalog.applications.save({ name: 'demo', email: 'a@b.c' }, by);
    const { id } = await orca.catalog.pipelines.save({ application: 'demo', name: 'child', stages: [] }, by);
    const state = await orca.run([
      noop({
        id1: "${#pipelineId('child')}",
        none: "${#pipelineIdOrNull('other') == null}",
        email: "${#applicationMetadata('demo').email}",
      }),
    ]);
    expect(stageAt(state, '1').context).toMatchObject({ id1: id, none: true, email: 'a@b.c' });
  });
});

describe('what expressions give', () => {
  const parameters = { evil: '${1 + 1}', tag: 'v1' };

  it('is never evaluated again: not by the stage, its synthetic stages, or the stages after it', async () => {
    const state = await orca.run(
      [
        {
          refId: '1',
          type: 'evaluateVariables',
          variables: [{ key: 'kept', value: '${parameters.evil}' }],
        },
        { refId: '2', type: 'noop', seen: '${kept}', nested: ['${kept} x'], requisiteStageRefIds: ['1'] },
        {
          refId: '3',
          type: 'checkPreconditions',
          preconditions: [{ type: 'expression', context: { expression: "kept.startsWith('$')" } }],
          requisiteStageRefIds: ['2'],
        },
      ],
      { trigger: { parameters } },
    );
    expect(state.status).toBe('SUCCEEDED');
    expect(stageAt(state, '1').outputs).toEqual({ kept: '${1 + 1}' });
    expect(stageAt(state, '2').context).toMatchObject({ seen: '${1 + 1}', nested: ['${1 + 1} x'] });
  });

  it('follows the version of the evaluator', async () => {
    const stages = [
      {
        refId: '1',
        type: 'evaluateVariables',
        variables: [
          { key: 'a', value: '${parameters.tag}' },
          { key: 'b', value: "${a + '-' + templateVariables.region}" },
        ],
      },
    ];
    const more = { trigger: { parameters }, templateVariables: { region: 'eu' } };
    const v4 = await orca.run(stages, { ...more, spelEvaluator: 'v4' });
    expect(stageAt(v4, '1').outputs).toEqual({ a: 'v1', b: 'v1-eu' });
    expect((await orca.run(stages, more)).status).toBe('TERMINAL');
  });
});
