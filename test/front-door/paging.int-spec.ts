import { itemsOf } from '@gennaker/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

describe('lists', () => {
  let door: FrontDoor;
  beforeAll(async () => {
    door = await startFrontDoor();
    const stages = [{ type: 'wait', refId: '1', requisiteStageRefIds: [], waitTime: 0 }];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await door.call('POST', '/pipelines', { application: 'paged', id: `id-${name}`, name, stages });
      await door.call('POST', '/strategies', { application: 'paged', id: `s-${name}`, name, stages });
    }
    await door.call('POST', '/export', {
      applications: ['x', 'y', 'z'].map((name) => ({ name, email: 'a@b.c' })),
      projects: ['x', 'y', 'z'].map((name) => ({ name, email: 'a@b.c' })),
    });
    for (let version = 2; version <= 5; version += 1)
      await door.call('POST', '/pipelines', {
        application: 'paged',
        id: 'id-a',
        name: 'a',
        stages,
        description: `${version}`,
      });
  });
  afterAll(() => door.close());

  const all = async (path: string, limit: number): Promise<{ pages: number; items: unknown[] }> => {
    let pages = 0;
    const items: unknown[] = [];
    const read = async (cursor: string | undefined) => {
      pages += 1;
      const join = path.includes('?') ? '&' : '?';
      const answer = await door.call(
        'GET',
        `${path}${join}limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      );
      expect([path, answer.status, answer.text.slice(0, 200)]).toEqual([path, 200, expect.any(String)]);
      const headers = new Headers(
        answer.headers.link === undefined ? {} : { link: String(answer.headers.link) },
      );
      return { data: answer.json as unknown[], response: { headers } as Response };
    };
    for await (const item of itemsOf(read)) items.push(item);
    return { pages, items };
  };

  it.each([
    '/applications',
    '/applications/paged/pipelineConfigs',
    '/applications/paged/strategyConfigs',
    '/strategyConfigs',
    '/pipelineConfigs',
    '/projects',
    '/stages',
    '/credentials',
    '/v2/canaryConfig',
  ])('%s comes page by page, with every item once', async (path) => {
    const whole = (await door.call('GET', path)).json as unknown[];
    const { pages, items } = await all(path, 2);
    expect(items).toEqual(whole);
    expect(pages).toBe(Math.max(1, Math.ceil(whole.length / 2)));
  });

  it.each(['/pipelineConfigs/id-a/versions', '/pipelineConfigs/id-a/history'])(
    '%s comes page by page, newest first, to the very first version',
    async (path) => {
      const { pages, items } = await all(path, 2);
      expect([pages, items.map((item) => (item as { version: number }).version)]).toEqual([
        3,
        [5, 4, 3, 2, 1],
      ]);
    },
  );

  it('do not take the cursor of another list, or one that was made up', async () => {
    for (const cursor of ['x', 'WyJiZWZvcmUiLCI5Il0', Buffer.from('["at","-1"]').toString('base64url')])
      expect((await door.call('GET', `/projects?cursor=${cursor}`)).json).toMatchObject({
        status: 400,
        code: 'http.bad_cursor',
      });
    expect((await door.call('GET', '/projects?limit=0')).status).toBe(400);
  });
});
