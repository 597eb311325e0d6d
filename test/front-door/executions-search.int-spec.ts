import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

let door: FrontDoor;
const ids: Record<string, string> = {};

const noop = { type: 'noop' };
const fails = {
  type: 'checkPreconditions',
  preconditions: [{ type: 'expression', context: { expression: 'false' } }],
};

async function start(key: string, pipeline: object): Promise<void> {
  const { json } = await door.call('POST', '/pipelines/start', pipeline);
  ids[key] = (json as { ref: string }).ref.replace('/pipelines/', '');
  await door.until(`/pipelines/${ids[key]}`, (answer) =>
    ['SUCCEEDED', 'TERMINAL'].includes((answer.json as { status: string }).status),
  );
}

beforeAll(async () => {
  door = await startFrontDoor();
  await start('deploy', { application: 'shop', name: 'Deploy web-front to prod', stages: [noop] });
  await start('failed', { application: 'shop', name: 'Deploy api', stages: [fails] });
  await start('cron', {
    application: 'Mail',
    name: 'nightly',
    stages: [noop],
    trigger: { type: 'cron' },
  });
  const { json } = await door.call('POST', '/tasks', {
    application: 'shop',
    description: 'Tidy up',
    job: [noop],
  });
  ids['task'] = (json as { ref: string }).ref.replace('/tasks/', '');
  await door.until(
    `/tasks/${ids['task']}`,
    (answer) => (answer.json as { status: string }).status === 'SUCCEEDED',
  );
});
afterAll(() => door.close());

async function search(query: string): Promise<string[]> {
  const { status, json } = await door.call('GET', `/executions${query}`);
  expect([query, status]).toEqual([query, 200]);
  return (json as { id: string }[]).map(({ id }) => Object.keys(ids).find((key) => ids[key] === id) ?? id);
}

describe('the list of all executions', () => {
  it('is there without any filter, newest first', async () => {
    expect(await search('')).toEqual(['task', 'cron', 'failed', 'deploy']);
  });

  it.each([
    ['?application=shop', ['task', 'failed', 'deploy']],
    ['?application=mail,shop&type=pipeline', ['failed', 'deploy']],
    ['?application=Mail', ['cron']],
    ['?status=TERMINAL', ['failed']],
    ['?status=terminal,succeeded', ['task', 'cron', 'failed', 'deploy']],
    ['?statuses=SUCCEEDED&type=ORCHESTRATION', ['task']],
    ['?trigger=cron', ['cron']],
    ['?trigger=cron&trigger=git', ['cron']],
    ['?text=deploy', ['failed', 'deploy']],
    ['?text=web-front', ['deploy']],
    ['?text=DEPLOY%20fro', ['deploy']],
    ['?text=depl%20front', []],
    ['?text=shop%20tidy', ['task']],
    ['?text=front%20tidy', []],
    ['?text=%27%3A*%20%26%20!nightly', ['cron']],
    ['?until=1000', []],
    ['?since=2020-01-01T00:00:00Z&text=nightly', ['cron']],
    ['?application=shop&status=SUCCEEDED&type=PIPELINE&trigger=manual&text=web', ['deploy']],
    ['?application=none', []],
    ['?user=anonymous&trigger=cron', ['cron']],
    ['?user=ann', []],
  ])('%s finds %j', async (query, found) => {
    expect(await search(query)).toEqual(found);
  });

  it('comes in pages that neither lose nor repeat anything', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/executions?limit=1&application=shop&status=SUCCEEDED,TERMINAL';
    while (next !== undefined) {
      const page = await door.call('GET', next);
      seen.push(...(page.json as { id: string }[]).map(({ id }) => id));
      next = /<([^>]+)>; rel="next"/.exec(String(page.headers['link'] ?? ''))?.[1];
    }
    expect(seen).toEqual([ids['task'], ids['failed'], ids['deploy']]);
  });

  it('holds summaries, and whole executions when they are asked for', async () => {
    const [summary] = (await door.call('GET', '/executions?text=web-front')).json as [object];
    expect(summary).toMatchObject({ status: 'SUCCEEDED', application: 'shop', trigger: { type: 'manual' } });
    expect(summary).not.toHaveProperty('stages');
    const [whole] = (await door.call('GET', '/executions?text=web-front&expand=true')).json as [object];
    expect(whole).toMatchObject({ stages: [{ type: 'noop', status: 'SUCCEEDED' }] });
  });

  it.each([
    ['status=DONE', 'statuses'],
    ['type=JOB', 'type'],
    ['since=yesterday', 'since'],
    ['until=-1', 'until'],
    ['text=%20-%20', 'text'],
    ['limit=5000', 'limit'],
    ['cursor=abc', 'cursor'],
    ['expand=perhaps', 'expand'],
  ])('refuses %s, naming %s', async (query, path) => {
    const { status, json } = await door.call('GET', `/executions?${query}`);
    expect(status).toBe(400);
    expect((json as { problems: { path: string }[] }).problems[0]?.path).toBe(path);
  });
});
