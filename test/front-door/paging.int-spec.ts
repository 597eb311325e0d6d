import { itemsOf } from '@gennaker/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

interface Operation {
  parameters?: { name: string }[];
  responses: Record<string, { content?: Record<string, { schema: { type?: string } }> }>;
}

interface OpenApi {
  paths: Record<string, { get?: Operation }>;
}

function schemaOf(operation: Operation | undefined): { type?: string } | undefined {
  return operation?.responses['200']?.content?.['application/json']?.schema;
}

function resultsOf(answers: unknown[]): unknown[] {
  return (answers as { results: unknown[] }[][]).flatMap(([answer]) => answer?.results ?? []);
}

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

  const all = async (
    path: string,
    limit: number,
    first?: string,
  ): Promise<{ pages: number; items: unknown[] }> => {
    let pages = 0;
    const items: unknown[] = [];
    const read = async (cursor: string | undefined = first) => {
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

  it('take a cursor, every one of them', async () => {
    const { paths } = (await door.call('GET', '/v3/api-docs')).json as unknown as OpenApi;
    const unpaged = Object.entries(paths).filter(
      ([, { get }]) =>
        schemaOf(get)?.type === 'array' && !get?.parameters?.some(({ name }) => name === 'cursor'),
    );
    expect(unpaged.map(([path]) => path)).toEqual([]);
  });

  it('of what a project has run come page by page, newest first', async () => {
    const ids = ['a', 'b', 'c'].map((name) => `id-${name}`);
    const config = {
      applications: [],
      clusters: [],
      pipelineConfigs: ids.map((pipelineConfigId) => ({ application: 'paged', pipelineConfigId })),
    };
    await door.call('POST', '/export', { projects: [{ name: 'run', email: 'a@b.c', config }] });
    const started: string[] = [];
    for (const name of ['a', 'b', 'c', 'a', 'b']) {
      const { ref } = (await door.call('POST', `/pipelines/paged/${name}`, {})).json as { ref: string };
      started.unshift(ref.split('/').at(-1) ?? '');
    }
    const { pages, items } = await all('/projects/run/pipelines', 2, '');
    expect([pages, items.map((item) => (item as { id: string }).id)]).toEqual([3, started]);
    expect((await door.call('GET', '/projects/run/pipelines?limit=1')).json).toHaveLength(3);
  });

  it('of executions that are searched for come page by page, newest first', async () => {
    for (const name of ['d', 'e', 'd']) await door.call('POST', `/pipelines/paged/${name}`, { tag: name });
    const trigger = Buffer.from(JSON.stringify({ tag: 'd|e' })).toString('base64url');
    const path = `/applications/paged/executions/search?trigger=${trigger}&statuses=RUNNING,SUCCEEDED,NOT_STARTED`;
    const whole = (await door.call('GET', `${path}&size=100`)).json as { id: string }[];
    const found: string[] = [];
    for (let next: string | undefined = `${path}&size=1`; next !== undefined;) {
      const answer = await door.call('GET', next);
      found.push(...(answer.json as { id: string }[]).map(({ id }) => id));
      next = /<([^>]*)>; rel="next"/.exec(String(answer.headers.link))?.[1];
    }
    expect(found).toEqual(whole.map(({ id }) => id));
    expect(found).toHaveLength(3);
    expect((await door.call('GET', `${path}&size=1&startIndex=2`)).json).toMatchObject([{ id: found[2] }]);
  });

  it('of what a search finds come page by page, with every result once', async () => {
    const whole = resultsOf([
      (await door.call('GET', '/search?q=e&type=applications,projects&allowShortQuery=true')).json,
    ]);
    const found: unknown[] = [];
    const sizes: number[] = [];
    for (
      let path: string | undefined = '/search?q=e&type=applications,projects&allowShortQuery=true&pageSize=2';
      path !== undefined;
    ) {
      const answer = await door.call('GET', path);
      const results = resultsOf([answer.json]);
      sizes.push(results.length);
      found.push(...results);
      path = /<([^>]*)>; rel="next"/.exec(String(answer.headers.link))?.[1];
    }
    expect(found).toEqual(whole);
    expect(
      sizes.every((size, index) => size === (index < sizes.length - 1 ? 2 : whole.length - 2 * index)),
    ).toBe(true);
  });

  it('do not take the cursor of another list, or one that was made up', async () => {
    for (const cursor of ['x', 'WyJiZWZvcmUiLCI5Il0', Buffer.from('["at","-1"]').toString('base64url')])
      expect((await door.call('GET', `/projects?cursor=${cursor}`)).json).toMatchObject({
        status: 400,
        code: 'http.bad_cursor',
      });
    expect((await door.call('GET', '/projects?limit=0')).status).toBe(400);
  });
});
