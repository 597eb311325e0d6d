import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from '../testing/gate.suite.js';

let gate: TestGate;
beforeAll(async () => {
  const webhook = { type: 'tellCmdb', label: 'CMDB', url: 'https://cmdb.example.com' };
  gate = await startTestGate({ PRECONFIGURED_WEBHOOKS: JSON.stringify([webhook]) });
});
afterAll(() => gate.close());

describe('GET /stages', () => {
  it('lists every type, and gives the JSON schema of one, by its name or an alias', async () => {
    const list = await gate.call('GET', '/stages');
    expect(list.json).toContainEqual(expect.objectContaining({ type: 'webhook', label: 'Webhook' }));
    const one = await gate.call('GET', '/stages/updatePipeline');
    expect(one.json).toMatchObject({ type: 'savePipeline', schema: { properties: { pipeline: {} } } });
    expect((await gate.call('GET', '/stages/nothing')).status).toBe(404);
  });
});

describe('a webhook that the operators have set up', () => {
  it('is a stage type', async () => {
    expect((await gate.call('GET', '/stages/tellCmdb')).json).toMatchObject({ label: 'CMDB' });
  });
});

describe('POST /pipelines/simulate', () => {
  it('answers the execution, the order and the number of runs, on a clock of its own', async () => {
    const answer = await gate.call('POST', '/pipelines/simulate', {
      pipeline: {
        application: 'app',
        stages: [{ type: 'wait', waitTime: 86_400 }, { type: 'deploy thing' }, { type: 'manualJudgment' }],
      },
      stageTypes: { 'deploy thing': { tasks: ['deploy', 'watch'] } },
      outcomes: { 'deploy thing': [{ status: 'SUCCEEDED', duration: 1_000 }] },
      operations: [{ op: 'judge', stage: '2', judgment: 'stop', at: 90_000_000 }],
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      execution: { status: 'TERMINAL' },
      finished: true,
      runs: { '1': { deploy: 1, watch: 1 } },
      duration: 90_000_000,
    });
  });

  it('says which field is wrong', async () => {
    const answer = await gate.call('POST', '/pipelines/simulate', {
      pipeline: { application: 'app', stages: [] },
      operations: [{ op: 'explode', at: 0 }],
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.json)).toContain('operations[0]');
  });
});
