import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

const stage = (type: string, more: object) => ({
  type,
  name: type,
  refId: '1',
  requisiteStageRefIds: [],
  ...more,
});
const failing = stage('checkPreconditions', {
  preconditions: [{ type: 'expression', failPipeline: true, context: { expression: '${ 1 == 2 }' } }],
});

describe('what failed in an execution', () => {
  let door: FrontDoor;
  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(() => door.close());

  const run = async (name: string): Promise<string> => {
    const { ref } = (await door.call('POST', `/pipelines/failures/${name}`, { type: 'manual' })).json as {
      ref: string;
    };
    await door.until(ref, ({ json }) => (json as { status: string }).status === 'TERMINAL');
    return ref.split('/').at(-1) ?? '';
  };

  it('is told down to the pipelines that it started, with the address of the page that shows it', async () => {
    const base = { application: 'failures' };
    await door.call('POST', '/pipelines', { ...base, id: 'child', name: 'child', stages: [failing] });
    const start = stage('pipeline', { application: 'failures', pipeline: 'child' });
    await door.call('POST', '/pipelines', { ...base, id: 'parent', name: 'parent', stages: [start] });
    const parent = await run('parent');
    const url = `/executions/failedStages?executionId=${parent}&deckOrigin=https://deck.example.com&limit=5`;
    const failed = (await door.call('GET', url)).json as Record<string, string>[];
    expect(failed[0]).toMatchObject({
      parentPipelineExecutionId: parent,
      parentPipelineExecutionName: 'parent',
      pipelineExecutionName: 'child',
      pipelineApplication: 'failures',
      stageStatus: 'TERMINAL',
      childPipelineExecutionId: null,
    });
    expect(failed.every(({ pipelineExecutionId }) => pipelineExecutionId !== parent)).toBe(true);
    expect(failed[0]?.pipelineExecutionUrl).toBe(
      `https://deck.example.com/#/applications/failures/executions/details/${failed[0]?.pipelineExecutionId}?stage=0`,
    );
    expect(failed.some(({ stageException }) => stageException !== null)).toBe(true);
    expect((await door.call('GET', `/executions/failedStages?executionId=${parent}`)).json).toHaveLength(1);
  });

  it('is nothing for one that is not there, and a mistake is one of the client', async () => {
    expect((await door.call('GET', '/executions/failedStages?executionId=none')).json).toEqual([]);
    for (const query of ['', 'executionId=x&limit=0', 'executionId=x&deckOrigin=javascript:alert(1)'])
      expect([query, (await door.call('GET', `/executions/failedStages?${query}`)).status]).toEqual([
        query,
        400,
      ]);
  });
});

describe('a template made of a pipeline', () => {
  let door: FrontDoor;
  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(() => door.close());

  it('is one that can be saved, and gives the pipeline back', async () => {
    const stages = [stage('wait', { waitTime: 5 })];
    const triggers = [{ type: 'webhook', source: 'ci', enabled: true, id: 'mine' }];
    const pipeline = {
      id: 'p1',
      application: 'made',
      name: 'My pipeline',
      stages,
      triggers,
      description: 'Waits',
    };
    await door.call('POST', '/pipelines', pipeline);
    const made = await door.call('GET', '/pipelineConfigs/p1/convertToTemplate');
    expect(made.headers['content-type']).toBe('text/plain; charset=utf-8');
    const template = parse(made.text) as { id: string; metadata: object };
    expect(template).toMatchObject({
      schema: 'v2',
      id: 'made-Mypipeline',
      metadata: { name: 'My pipeline', description: 'Waits', owner: 'anonymous', scopes: ['made'] },
    });
    expect((await door.call('POST', '/v2/pipelineTemplates/create', template)).status).toBe(200);
    const plan = await door.call('POST', '/v2/pipelineTemplates/plan', {
      schema: 'v2',
      application: 'made',
      name: 'again',
      template: { reference: `spinnaker://${template.id}` },
    });
    expect(plan.json).toMatchObject({
      name: 'again',
      stages: [{ type: 'wait', waitTime: 5 }],
      triggers: [{ source: 'ci' }],
    });
    expect((await door.call('GET', '/pipelineConfigs/none/convertToTemplate')).status).toBe(404);
  });
});
