import { createGateClient, GateError } from '@gennaker/client';
import { listenHttp } from '@gennaker/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployAndFollow } from '../../libs/client/examples/deploy-and-follow.js';
import { describePipeline } from '../../libs/client/examples/edit-safely.js';
import { listPipelines } from '../../libs/client/examples/list-pipelines.js';
import { type FrontDoor, startFrontDoor } from '../front-door/front-door.suite.js';

describe('the typed client', () => {
  let door: FrontDoor;
  let baseUrl: string;
  beforeAll(async () => {
    door = await startFrontDoor();
    baseUrl = await listenHttp(door.app, { host: '127.0.0.1', port: 0, allowUnauthenticatedNetwork: false });
  });
  afterAll(() => door.close());

  it('starts a pipeline and follows it to its end', async () => {
    const lines: string[] = [];
    expect(await deployAndFollow(baseUrl, (line) => lines.push(line))).toBe('SUCCEEDED');
    expect(lines[0]).toBe('state');
  });

  it('goes through lists page by page', async () => {
    for (const name of ['a', 'b', 'c'])
      await door.call('POST', '/pipelines', { application: 'paged', name, stages: [] });
    const names = await listPipelines(baseUrl, 2);
    expect(names.filter((name) => name.startsWith('paged/'))).toEqual(['paged/a', 'paged/b', 'paged/c']);
  });

  it('does not write over what somebody else has changed', async () => {
    const pipeline = { application: 'edited', name: 'p' };
    await door.call('POST', '/pipelines', { ...pipeline, stages: [] });
    expect(await describePipeline(baseUrl, pipeline, 'mine')).toBe('saved');
    const change = async () => {
      const { json } = await door.call('GET', '/applications/edited/pipelineConfigs/p');
      await door.call('POST', '/pipelines', { ...(json as object), description: 'theirs' });
    };
    expect(await describePipeline(baseUrl, pipeline, 'again mine', change)).toMatch(
      /stale.*anonymous.*description/,
    );
  });

  it('throws what the server says is wrong, with the fields', async () => {
    const gate = createGateClient({ baseUrl });
    const wrong = gate.POST('/pipelines', { body: { application: 'x' } });
    await expect(wrong).rejects.toThrow(GateError);
    await expect(wrong).rejects.toMatchObject({ status: 400, problems: [{ path: 'name' }] });
  });
});
