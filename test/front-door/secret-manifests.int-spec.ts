import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from './cloud.suite.js';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

const PASSWORD = 'correct-horse-battery';
const ENCODED = Buffer.from(PASSWORD).toString('base64');

interface Ended {
  id: string;
  status: string;
  stages: { context: Record<string, unknown>; outputs: Record<string, unknown> }[];
}

describe('manifests of Secrets in pipelines', () => {
  let door: FrontDoor;
  let cloud: Cloud;
  let files: Server;

  beforeAll(async () => {
    files = createServer((_request, reply) => {
      reply.end(`apiVersion: v1\nkind: Secret\nmetadata:\n  name: fetched\nstringData:\n  a: ${PASSWORD}\n`);
    }).listen(0, '127.0.0.1');
    const environment = { HTTP_POLICY: '{"allowPrivateAddresses":true}' };
    door = await startFrontDoor(environment);
    cloud = await startCloud(door.platform, ['cluster'], environment);
  });
  afterAll(async () => {
    await cloud.stop();
    await door.close();
    await new Promise((resolve) => files.close(resolve));
  });

  const secret = (name: string, values: object) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    ...values,
  });

  const run = async (stage: object, more: object = {}): Promise<Ended> => {
    const stages = [{ refId: '1', account: 'cluster', cloudProvider: 'kubernetes', ...stage }];
    const given = { application: 'shop', name: 'p', stages, ...more };
    const { ref } = (await door.call('POST', '/pipelines/start', given)).json as { ref: string };
    const ends = ['SUCCEEDED', 'TERMINAL'];
    const { json } = await door.until(ref, (reply) => ends.includes((reply.json as Ended).status));
    return json;
  };

  const held = async (name: string): Promise<unknown> =>
    ((await cloud.get(`/api/v1/namespaces/default/secrets/${name}`)) as { data?: unknown }).data;

  /** Every table of the database as text, but for what people have saved, which is theirs. */
  const everything = async (): Promise<string> => {
    const { pool } = door.platform.database;
    const tables = await pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema', 'catalog')`,
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  };

  const expectNothingKept = async (ended: Ended): Promise<void> => {
    expect(ended.status).toBe('SUCCEEDED');
    expect(JSON.stringify(ended)).not.toMatch(new RegExp(`${PASSWORD}|${ENCODED}`));
    const kept = await everything();
    expect(kept).not.toContain(PASSWORD);
    expect(kept).not.toContain(ENCODED);
  };

  it('are deployed as they were given, and what they hold is in no event, answer or row', async () => {
    const manifests = [secret('given', { stringData: { a: PASSWORD }, data: { b: ENCODED } })];
    await expectNothingKept(await run({ type: 'deployManifest', manifests }));
    expect(await held('given-v000')).toEqual({ a: ENCODED, b: ENCODED });
  });

  it('are deployed from a List, and once more without a new version', async () => {
    const manifests = [
      { apiVersion: 'v1', kind: 'List', items: [secret('listed', { stringData: { a: PASSWORD } })] },
    ];
    await expectNothingKept(await run({ type: 'deployManifest', manifests }));
    const again = await run({ type: 'deployManifest', manifests });
    expect(again.stages[0]?.outputs['artifacts']).toMatchObject([{ reference: 'listed-v000' }]);
  });

  it('may be made by expressions, of what the pipeline knows', async () => {
    const manifests = [secret('made', { stringData: { a: "${ 'correct-horse-' + 'battery' }" } })];
    await expectNothingKept(await run({ type: 'deployManifest', manifests }));
    expect(await held('made-v000')).toEqual({ a: ENCODED });
  });

  it('may come from an artifact', async () => {
    const { port } = files.address() as AddressInfo;
    const manifestArtifact = { type: 'http/file', reference: `http://127.0.0.1:${port}/secret.yml` };
    const stage = {
      type: 'deployManifest',
      source: 'artifact',
      manifestArtifact,
      namespaceOverride: 'default',
    };
    await expectNothingKept(await run(stage));
    expect(await held('fetched-v000')).toEqual({ a: ENCODED });
  });

  it('may be patched', async () => {
    const options = { mergeStrategy: 'merge' };
    const patch = {
      type: 'patchManifest',
      location: 'default',
      manifestName: 'secret given-v000',
      patchBody: { data: { b: null, c: ENCODED } },
      options,
    };
    await expectNothingKept(await run(patch));
    expect(await held('given-v000')).toEqual({ a: ENCODED, c: ENCODED });
  });

  it('are found sealed by a stage that asks for them, and a seal of one application is no use to another', async () => {
    const manifests = [secret('given', { stringData: { a: PASSWORD } })];
    const ended = await run({ type: 'deployManifest', manifests });
    const [sealed] = ended.stages[0]!.context['manifests'] as { stringData: object }[];
    const stolen = sealed?.stringData;
    expect(JSON.stringify(stolen)).toContain('encrypted:sealed!');
    const thief = await run(
      { type: 'deployManifest', manifests: [secret('stolen', { stringData: stolen })] },
      { application: 'thief' },
    );
    expect(thief.status).toBe('TERMINAL');
    expect(JSON.stringify(thief)).toContain('was not sealed for the application thief');
  });
});
