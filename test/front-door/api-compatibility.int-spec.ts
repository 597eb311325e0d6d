import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

interface Endpoint {
  method: string;
  path: string;
  clients: string;
  state: string;
}

const page = resolve(import.meta.dirname, '../../docs/api-compatibility.md');
const NOT_OF_THE_API = new Set(['/health', '/v3/api-docs', '/swagger-ui']);

/** Rows such as `| GET | \`/applications\` | SB | full | … |`. */
function endpointsIn(text: string): Endpoint[] {
  return text.split('\n').flatMap((line) => {
    const [, method = '', path = '', clients = '', state = ''] =
      /^\|\s*(GET|POST|PUT|PATCH|DELETE)\s*\|\s*`([^`]+)`\s*\|([^|]*)\|([^|]*)/.exec(line) ?? [];
    return path === '' ? [] : [{ method, path, clients: clients.trim(), state: state.trim() }];
  });
}

describe('the page about compatibility', () => {
  let door: FrontDoor;
  let gate: Endpoint[];
  let all: Endpoint[];
  beforeAll(async () => {
    door = await startFrontDoor();
    const text = await readFile(page, 'utf8');
    all = endpointsIn(text);
    gate = endpointsIn(text.slice(0, text.indexOf('## Beyond Gate')));
  });
  afterAll(() => door.close());

  it('says of every endpoint of Gate whether it is full, empty or absent, and of none twice', () => {
    expect(gate.length).toBeGreaterThan(220);
    expect(gate.filter(({ state }) => !['full', 'empty', 'absent'].includes(state))).toEqual([]);
    const keys = all.map(({ method, path }) => `${method} ${path}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('has nothing absent that a client of Spinnaker calls', () => {
    expect(gate.filter(({ clients, state }) => clients !== '' && state === 'absent')).toEqual([]);
  });

  it('is true: what is there answers, never with an error of ours, and what is absent does not', async () => {
    const wrong: string[] = [];
    for (const { method, path, state } of all) {
      if (path.endsWith('/live') || path.endsWith('/stream')) continue;
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      const answer = await door.call(method, url, method === 'GET' ? undefined : {});
      const noRoute = [404, 405].includes(answer.status) && /"code":"http\./.test(answer.text);
      // Without a cloud driver, what only clusters know is unavailable.
      const failed = answer.status >= 500 && answer.status !== 503;
      if (failed || noRoute !== (state === 'absent'))
        wrong.push(`${method} ${path} (${state}): ${answer.status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('names every operation that is served', async () => {
    const { paths } = (await door.call('GET', '/v3/api-docs')).json as { paths: Record<string, object> };
    const served = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const named = all
      .filter(({ path, state }) => state !== 'absent' && !NOT_OF_THE_API.has(path))
      .map(({ method, path }) => `${method} ${path}`);
    expect(served.filter((one) => !named.includes(one))).toEqual([]);
    expect(named.filter((one) => !served.includes(one))).toEqual([]);
  });
});
