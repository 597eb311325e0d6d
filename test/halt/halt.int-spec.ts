import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OrcaService } from '../../apps/orca/src/orca.service.js';
import { orcaConfigFrom } from '../../apps/orca/src/orca.config.js';
import type { Answer } from '../../apps/gate/src/testing/gate.suite.js';
import { type FrontDoor, startFrontDoor } from '../front-door/front-door.suite.js';

let door: FrontDoor;

beforeAll(async () => {
  door = await startFrontDoor({ GATE_TRUST_USER_HEADER: 'true' });
  await call('POST', '/tasks', {
    application: 'shop',
    job: [{ type: 'upsertApplication', application: { name: 'shop', email: 'a@b.c' } }],
  });
  while ((await call('GET', '/applications/shop')).status !== 200) await pause();
});
afterAll(() => door.close());
afterEach(async () => {
  for (const { id } of (await call('GET', '/halt')).json as { id: string }[]) {
    await call('DELETE', `/halt/${id}`, { reason: 'the test is over' });
  }
});

const operator = { 'x-spinnaker-user': 'olga', 'x-spinnaker-roles': 'dev, Operator' };
const developer = { 'x-spinnaker-user': 'dave', 'x-spinnaker-roles': 'dev' };

function call(method: string, url: string, body?: unknown, headers: Record<string, string> = operator) {
  return door.call(method, url, body, headers);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const wait = { type: 'wait', waitTime: 0 };
const judgment = { type: 'manualJudgment', name: 'Go on?' };

async function start(application: string, stages: object[], more: object = {}): Promise<string> {
  const { json, status } = await call('POST', '/pipelines/start', {
    application,
    name: 'p',
    stages,
    ...more,
  });
  expect(status).toBe(200);
  return (json as { ref: string }).ref.replace('/pipelines/', '');
}

async function reached(id: string, wanted: (view: Execution) => boolean): Promise<Execution> {
  for (;;) {
    const view = (await call('GET', `/pipelines/${id}`)).json as Execution;
    if (wanted(view)) return view;
    await pause();
  }
}

interface Execution {
  status: string;
  stages: { id: string; type: string; status: string }[];
}

const has = (status: string) => (view: Execution) => view.status === status;
const everything = { scope: 'everything', reason: 'the database burns' };

describe('the big red button', () => {
  it('lets starts, judgments and cancels through while nothing goes on, and all goes on afterwards', async () => {
    const judged = await start('shop', [judgment, wait]);
    const canceled = await start('shop', [judgment, wait]);
    const waits = (view: Execution) => view.stages[0]?.status === 'RUNNING';
    const stageId = (await reached(judged, waits)).stages[0]!.id;
    await reached(canceled, waits);

    const halt = await call('POST', '/halt', everything);
    expect(halt.status).toBe(201);
    expect(halt.json).toMatchObject({ active: true, by: 'olga', inFlight: { mustFinish: [], unknown: [] } });
    const { id } = halt.json as { id: string };

    const started = await start('shop', [wait]);
    await call('PATCH', `/pipelines/${judged}/stages/${stageId}`, { judgmentStatus: 'continue' });
    expect((await call('PUT', `/pipelines/${canceled}/cancel?reason=enough`)).status).toBe(200);

    // Another worker that comes up meanwhile, and looks for what is due, changes nothing.
    const other = new OrcaService(door.platform, orcaConfigFrom({ RELAY_INTERVAL_MS: '10' }));
    other.start();
    await reached(canceled, has('CANCELED'));
    const shown = await reached(judged, () => true);
    expect(shown).toMatchObject({ status: 'RUNNING' });
    expect(shown.stages.map(({ status }) => status)).toEqual(['RUNNING', 'NOT_STARTED']);
    expect(await reached(started, () => true)).toMatchObject({ status: 'NOT_STARTED' });
    expect((await call('GET', `/halt/${id}`)).json).toMatchObject({ heldBack: 2 });

    const ended = await call('DELETE', `/halt/${id}`, { reason: 'it burns no more' });
    expect(ended.json).toMatchObject({ active: false, ended: { by: 'olga', reason: 'it burns no more' } });
    await reached(judged, has('SUCCEEDED'));
    await reached(started, has('SUCCEEDED'));
    await other.stop();
  });

  it('stops one application, and leaves the others alone', async () => {
    await call('POST', '/halt', { scope: 'application', application: 'shop', reason: 'x' });
    const held = await start('shop', [wait]);
    const free = await start('other', [wait]);
    await reached(free, has('SUCCEEDED'));
    expect(await reached(held, () => true)).toMatchObject({ status: 'NOT_STARTED' });
  });

  it('stops one pipeline, by id or by name, and leaves its application alone', async () => {
    const config = {
      application: 'shop',
      name: 'nightly',
      id: 'nightly-id',
      stages: [{ ...wait, refId: '1' }],
    };
    expect((await call('POST', '/pipelines', config)).status).toBe(200);
    const byName = { scope: 'pipeline', application: 'shop', pipeline: 'nightly', reason: 'x' };
    expect((await call('POST', '/halt', byName)).json).toMatchObject({
      pipeline: 'nightly-id',
      pipelineName: 'nightly',
    });
    const held = await start('shop', [wait], { id: 'nightly-id', name: 'nightly' });
    const free = await start('shop', [wait]);
    await reached(free, has('SUCCEEDED'));
    expect(await reached(held, () => true)).toMatchObject({ status: 'NOT_STARTED' });
  });

  it('ends by itself when its time is up, by a timer and as an event', async () => {
    const { id } = (await call('POST', '/halt', { ...everything, ttl: '1s' })).json as { id: string };
    const held = await start('shop', [wait]);
    await reached(held, has('SUCCEEDED'));
    const view = (await call('GET', `/halt/${id}`)).json;
    expect(view).toMatchObject({ active: false, ended: { by: 'gennaker', expired: true } });
    const again = await call('DELETE', `/halt/${id}`, { reason: 'late' });
    expect([again.status, (again.json as { message: string }).message]).toEqual([
      409,
      expect.stringMatching(/ended already.*its time was up/),
    ]);
  });

  it('does not let a stage run out of time while its work is held back', async () => {
    const id = await start('shop', [{ ...judgment, stageTimeoutMs: 1_500 }]);
    const stageId = (await reached(id, ({ stages }) => stages[0]?.status === 'RUNNING')).stages[0]!.id;
    const open = async () => (await door.platform.items.openOf(`execution-${id}`))[0];
    const deadline = (await open())!.dueAt;
    const { json } = await call('POST', '/halt', { ...everything, ttl: 2 });
    await expect
      .poll(
        async () =>
          ((await call('GET', `/halt/${(json as { id: string }).id}`)).json as { active: boolean }).active,
        { timeout: 10_000 },
      )
      .toBe(false);
    // It has been looked at again, and given as much more time.
    await expect
      .poll(async () => (await open())?.dueAt, { timeout: 10_000 })
      .toBeGreaterThan(deadline + 1_900);
    await call('PATCH', `/pipelines/${id}/stages/${stageId}`, { judgmentStatus: 'continue' });
    await reached(id, has('SUCCEEDED'));
  });

  it.each([
    [{}, ['scope', 'reason']],
    [{ scope: 'world', reason: 'x' }, ['scope']],
    [{ scope: 'everything', reason: '  ' }, ['reason']],
    [{ scope: 'application', reason: 'x' }, ['application']],
    [{ scope: 'account', application: 'shop', reason: 'x' }, ['application', 'account']],
    [{ scope: 'everything', applicaton: 'shop', reason: 'x' }, ['']],
    [{ ...everything, ttl: 'soon' }, ['ttl']],
    [{ ...everything, ttl: 0 }, ['ttl']],
    [{ ...everything, ttl: -5 }, ['ttl']],
    [{ scope: 'application', application: 'shpo', reason: 'x' }, ['application']],
    [{ scope: 'account', account: 'prdo', reason: 'x' }, ['account']],
    [{ scope: 'pipeline', pipeline: 'none', reason: 'x' }, ['pipeline']],
  ])('refuses %j, naming %j', async (body, paths) => {
    const { status, json } = await call('POST', '/halt', body);
    expect(status).toBe(400);
    expect((json as { problems: { path: string }[] }).problems.map(({ path }) => path)).toEqual(paths);
    expect((await call('GET', '/halt')).json).toEqual([]);
  });

  it('is for operators only, but shown to everybody', async () => {
    expect((await call('POST', '/halt', everything, developer)).status).toBe(403);
    const { id } = (await call('POST', '/halt', everything)).json as { id: string };
    expect((await call('DELETE', `/halt/${id}`, { reason: 'please' }, developer)).status).toBe(403);
    expect((await call('GET', '/halt', undefined, developer)).json).toMatchObject([{ id, active: true }]);
  });

  it('asks for a reason to end, in the body or in the query', async () => {
    const { id } = (await call('POST', '/halt', everything)).json as { id: string };
    const none: Answer = await call('DELETE', `/halt/${id}`);
    expect(none.json).toMatchObject({ status: 400, problems: [{ path: 'reason' }] });
    expect((await call('DELETE', `/halt/${id}?reason=over`)).json).toMatchObject({
      ended: { reason: 'over' },
    });
    expect((await call('DELETE', '/halt/01NONE', { reason: 'x' })).status).toBe(404);
  });

  it('lists those that have ended in pages, the newest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { id } = (await call('POST', '/halt', everything)).json as { id: string };
      await call('DELETE', `/halt/${id}?reason=over`);
      ids.unshift(id);
    }
    const first = await call('GET', '/halt?state=ended&limit=2');
    const [, next = ''] = /<([^>]+)>/.exec(String(first.headers['link'])) ?? [];
    const second = await call('GET', next);
    const seen = [...(first.json as { id: string }[]), ...(second.json as { id: string }[])];
    expect(seen.slice(0, 3).map(({ id }) => id)).toEqual(ids);
    expect((await call('GET', '/halt?state=over')).status).toBe(400);
  });
});
