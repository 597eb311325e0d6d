import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from '../testing/gate.suite.js';

const WEBHOOKS = [
  {
    type: 'tellCmdb',
    label: 'CMDB',
    url: 'https://cmdb.example.com',
    customHeaders: { Authorization: 'Bearer hidden' },
    parameters: [{ name: 'ticket', label: 'Ticket' }],
  },
  {
    type: 'freeze',
    label: 'Freeze',
    url: 'https://freeze.example.com',
    permissions: { READ: ['Release'], WRITE: ['release'] },
  },
  { type: 'old', label: 'Old', url: 'https://old.example.com', enabled: false },
];

const JOBS = [
  {
    type: 'migrate',
    label: 'Migrate',
    account: 'prod',
    manifest: { kind: 'Job', metadata: { namespace: 'default' } },
    parameters: [{ name: 'namespace', mapping: 'manifest.metadata.namespace', defaultValue: 'shop' }],
  },
  { type: 'old-job', label: 'Old', enabled: false, account: 'prod', manifest: {} },
];

let gate: TestGate;
beforeAll(async () => {
  gate = await startTestGate({
    PRECONFIGURED_WEBHOOKS: JSON.stringify(WEBHOOKS),
    PRECONFIGURED_JOBS: JSON.stringify(JOBS),
  });
});
afterAll(() => gate.close());

describe('GET /stages', () => {
  it('lists every type, and gives the JSON schema of one, by its name or an alias', async () => {
    const list = await gate.call('GET', '/stages');
    expect(list.json).toContainEqual(
      expect.objectContaining({
        type: 'webhook',
        label: 'Webhook',
        schema: expect.objectContaining({ properties: expect.objectContaining({ url: expect.anything() }) }),
      }),
    );
    const one = await gate.call('GET', '/stages/updatePipeline');
    expect(one.json).toMatchObject({ type: 'savePipeline', schema: { properties: { pipeline: {} } } });
    expect((await gate.call('GET', '/stages/nothing')).status).toBe(404);
  });
});

describe('a webhook that the operators have set up', () => {
  it('is a stage type', async () => {
    expect((await gate.call('GET', '/stages/tellCmdb')).json).toMatchObject({ label: 'CMDB' });
    expect((await gate.call('GET', '/stages/old')).status).toBe(404);
  });

  it('is listed for editors without what it sends, to those who may see it', async () => {
    const all = await gate.call('GET', '/webhooks/preconfigured');
    expect(all.json).toMatchObject([
      {
        type: 'tellCmdb',
        label: 'CMDB',
        description: '',
        waitForCompletion: null,
        preconfiguredProperties: ['url', 'method', 'customHeaders'],
        noUserConfigurableFields: false,
        parameters: [{ name: 'ticket', label: 'Ticket', type: 'string' }],
      },
      { type: 'freeze' },
    ]);
    expect(all.text).not.toMatch(/hidden|example\.com/);

    const guarded = await startTestGate({
      PRECONFIGURED_WEBHOOKS: JSON.stringify(WEBHOOKS),
      GATE_TRUST_USER_HEADER: 'true',
    });
    try {
      const typesFor = async (roles: string) => {
        const headers = { 'x-spinnaker-user': 'ann', 'x-spinnaker-roles': roles };
        const { json } = await guarded.call('GET', '/webhooks/preconfigured', undefined, headers);
        return (json as { type: string }[]).map(({ type }) => type);
      };
      expect(await typesFor('dev')).toEqual(['tellCmdb']);
      expect(await typesFor('dev,release')).toEqual(['tellCmdb', 'freeze']);
    } finally {
      await guarded.close();
    }
  });
});

describe('a job that the operators have set up', () => {
  it('is a stage type, and is listed for editors without what it runs', async () => {
    expect((await gate.call('GET', '/stages/migrate')).json).toMatchObject({ label: 'Migrate' });
    expect((await gate.call('GET', '/stages/old-job')).status).toBe(404);
    expect((await gate.call('GET', '/jobs/preconfigured')).json).toEqual([
      {
        type: 'migrate',
        label: 'Migrate',
        description: '',
        cloudProvider: 'kubernetes',
        waitForCompletion: true,
        noUserConfigurableFields: true,
        parameters: [
          { name: 'namespace', mapping: 'manifest.metadata.namespace', defaultValue: 'shop', type: 'string' },
        ],
        producesArtifacts: false,
        uiType: 'BASIC',
      },
    ]);
  });

  it('puts its parameters where the operators said', async () => {
    const answer = await gate.call('POST', '/pipelines/simulate', {
      pipeline: {
        application: 'app',
        stages: [{ type: 'migrate', parameters: { namespace: 'blue' } }],
      },
      outcomes: { migrate: ['SUCCEEDED'] },
    });
    expect(answer.json).toMatchObject({
      execution: {
        status: 'SUCCEEDED',
        stages: [{ context: { account: 'prod', manifest: { metadata: { namespace: 'blue' } } } }],
      },
    });
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

describe('the past of an execution', () => {
  const started = async () => {
    const answer = await gate.call('POST', '/pipelines/start', {
      application: 'app',
      name: 'p',
      stages: [
        { refId: '1', type: 'webhook', url: 'https://example.com', customHeaders: { 'X-Key': 'hidden' } },
        { refId: '2', type: 'wait', waitTime: 1, requisiteStageRefIds: ['1'] },
      ],
    });
    const id = String((answer.json as { ref: string }).ref)
      .split('/')
      .at(-1)!;
    await gate.call('PUT', `/pipelines/${id}/cancel?reason=wrong%20version`);
    return id;
  };

  it('is compared between two versions: what changed, from what to what', async () => {
    const id = await started();
    const all = await gate.call('GET', `/pipelines/${id}/diff`);
    expect(all.json).toMatchObject({
      from: 1,
      changes: expect.arrayContaining([
        expect.objectContaining({ path: 'status', before: 'NOT_STARTED', after: 'CANCELED' }),
        expect.objectContaining({ path: 'cancellationReason', after: 'wrong version' }),
      ]),
    });
    const same = await gate.call('GET', `/pipelines/${id}/diff?from=1&to=1`);
    expect(same.json).toEqual({ from: 1, to: 1, changes: [] });
    expect((await gate.call('GET', `/pipelines/${id}/diff?from=0`)).status).toBe(400);
    expect((await gate.call('GET', '/pipelines/nothing/diff')).status).toBe(404);
  });

  it('explains a stage', async () => {
    const id = await started();
    const view = (await gate.call('GET', `/pipelines/${id}`)).json as { stages: { id: string }[] };
    const why = await gate.call('GET', `/pipelines/${id}/stages/${view.stages[1]!.id}/why`);
    expect(why.json).toMatchObject({
      stage: { refId: '2' },
      because: expect.arrayContaining([
        expect.objectContaining({ version: 1, text: expect.stringContaining('triggered by manual') }),
        expect.objectContaining({ text: 'anonymous cancelled the execution: wrong version' }),
      ]),
    });
    expect((await gate.call('GET', `/pipelines/${id}/stages/nothing/why`)).status).toBe(404);
  });

  it('shows no header of a webhook: not in the execution, its events or a plan of it', async () => {
    const id = await started();
    for (const path of ['', '?at=1', '/events', '/diff?from=1']) {
      const answer = await gate.call('GET', `/pipelines/${id}${path}`);
      expect([path, answer.status, answer.text.includes('hidden')]).toEqual([path, 200, false]);
    }
    expect((await gate.call('GET', `/pipelines/${id}/events`)).text).toContain('"X-Key":"****"');
  });
});
