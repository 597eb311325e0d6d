import type { KnownTexts } from './fuzz-requests.js';

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Puts something behind the operations, so that requests find what they ask for; gives its names and ids. */
export async function seedInstallation(call: Call): Promise<KnownTexts> {
  const wait = { type: 'wait', refId: '1', requisiteStageRefIds: [], waitTime: 0 };
  await call('POST', '/export', {
    applications: [{ name: 'fuzz', email: 'a@b.c' }],
    pipelines: [{ id: 'fuzz-pipeline', name: 'Pipeline', application: 'fuzz', stages: [wait] }],
    strategies: [{ id: 'fuzz-strategy', name: 'Strategy', application: 'fuzz', stages: [wait] }],
    templates: [
      {
        id: 'fuzz-template',
        schema: 'v2',
        metadata: { name: 't', scopes: ['global'] },
        variables: [{ name: 'pause', type: 'int', defaultValue: 1 }],
        pipeline: { stages: [wait] },
      },
    ],
    projects: [{ id: 'fuzz-project', name: 'Project', email: 'a@b.c' }],
    notifications: [{ application: 'fuzz', slack: [{ type: 'slack', address: '#x' }] }],
    canaryConfigs: [
      {
        id: 'fuzz-canary',
        name: 'canary',
        applications: ['fuzz'],
        configVersion: '1',
        metrics: [],
        templates: {},
        classifier: { groupWeights: {} },
        judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
      },
    ],
  });
  const started = [];
  for (const stage of [wait, { ...wait, type: 'manualJudgment' }, { ...wait, waitTime: 100_000 }])
    started.push(
      await call('POST', '/pipelines/start', { application: 'fuzz', name: 'Ad hoc', stages: [stage] }),
    );
  const task = await call('POST', '/tasks', { application: 'fuzz', description: 'Wait', job: [wait] });
  const ids = [...started, task].map((answer) => (answer as { ref: string }).ref.split('/').at(-1) ?? '');
  const execution = (await call('GET', `/pipelines/${ids[1]}`)) as { stages: { id: string }[] };
  const types = (await call('GET', '/stages')) as { type: string }[];
  return {
    application: ['fuzz', 'FUZZ', 'demo'],
    id: [...ids, 'fuzz-pipeline', 'fuzz-strategy', 'fuzz-template', 'fuzz-project', 'fuzz-canary'],
    executionId: ids,
    executionIds: ids,
    pipelineConfigIds: ['fuzz-pipeline', 'fuzz-pipeline,none'],
    stageId: execution.stages.map(({ id }) => id),
    name: ['Pipeline', 'Strategy', 'Project', 'deployment demo'],
    nameOrId: ['Pipeline', 'fuzz-pipeline'],
    type: types.map(({ type }) => type),
    account: ['playground', 'kubernetes'],
    region: ['default', 'demo'],
    location: ['default', '_'],
    statuses: ['RUNNING', 'SUCCEEDED,TERMINAL', 'NONE'],
    expression: ['${1 + 1}', '${execution.id}', '0 0 10 ? * *', '${#stage("x")}'],
    q: ['demo', 'fuzz'],
    tag: ['latest', 'stable'],
    email: ['a@b.c'],
    at: ['1', '2', '2026-01-01T00:00:00Z'],
    reference: ['spinnaker://fuzz-template'],
  };
}
