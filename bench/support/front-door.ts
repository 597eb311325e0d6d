import { kayentaMigrations } from '@gennaker/canary-store';
import { catalogMigrations } from '@gennaker/catalog';
import { createHttpApp, listenHttp } from '@gennaker/http';
import { clouddriverMigrations, ResourceStore } from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { gateConfigFrom } from '../../apps/gate/src/gate.config.js';
import { GateModule, gateHttpOptions } from '../../apps/gate/src/gate.module.js';
import { orcaConfigSchema } from '../../apps/orca/src/orca.config.js';
import { OrcaService } from '../../apps/orca/src/orca.service.js';
import { type BenchStack, startBenchStack } from './bench-stack.js';
import { fleet } from './fleet.js';

export const APPLICATION = 'shop';

/** The front door as it is served, over durable storage of its own, with an orchestrator in the same process. */
export interface FrontDoor {
  stack: BenchStack;
  url: string;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }>;
  close(): Promise<void>;
}

export async function openFrontDoor(): Promise<FrontDoor> {
  const stack = await startBenchStack([
    operationMigrations,
    catalogMigrations,
    clouddriverMigrations,
    kayentaMigrations,
  ]);
  const { platform } = stack;
  const config = gateConfigFrom({ GATE_PORT: '0', LOG_LEVEL: 'error' });
  const app = await createHttpApp(GateModule.register(platform, config), gateHttpOptions(platform, config));
  await listenHttp(app, config);
  const orca = new OrcaService(platform, orcaConfigSchema.parse({}));
  orca.start();
  const url = await addressOf(app);
  return {
    stack,
    url,
    call: (method, path, body) => call(`${url}${path}`, method, body),
    close: async () => {
      await orca.stop();
      await app.close();
      await stack.close();
    },
  };
}

async function addressOf(app: NestFastifyApplication): Promise<string> {
  const url = await app.getUrl();
  return url.replace('[::1]', '127.0.0.1').replace('localhost', '127.0.0.1');
}

async function call(url: string, method: string, body: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

/** A pipeline of six quick stages in a diamond, with some context in each. */
function pipelineConfig(name: string, last: string): object {
  const noted = { comments: 'x'.repeat(300), completeOtherBranchesThenFail: false };
  const stage = (refId: string, after: string[], type = 'noop') => ({
    refId,
    type,
    name: `Step ${refId}`,
    requisiteStageRefIds: after,
    ...noted,
  });
  return {
    application: APPLICATION,
    name,
    keepWaitingPipelines: true,
    limitConcurrent: false,
    stages: [
      stage('1', []),
      stage('2', ['1']),
      stage('3', ['1']),
      stage('4', ['2', '3']),
      stage('5', ['4']),
      stage('6', ['5'], last),
    ],
  };
}

/** Saves pipelines and gives their names. */
export async function savePipelines(door: FrontDoor, count: number, last = 'noop'): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `${last} ${i}`);
  for (const name of names) await door.call('POST', '/pipelines', pipelineConfig(name, last));
  return names;
}

/** Starts a pipeline by its name and gives the execution's id. */
export async function start(door: FrontDoor, name: string): Promise<string> {
  const path = `/pipelines/v2/${APPLICATION}/${encodeURIComponent(name)}`;
  const { json } = await door.call('POST', path, { type: 'manual' });
  return (json as { ref: string }).ref.split('/').at(-1)!;
}

export async function untilEnded(door: FrontDoor, count: number, timeoutMs = 60_000): Promise<void> {
  const { pool } = door.stack.platform.database;
  for (const end = Date.now() + timeoutMs; ;) {
    const { rows } = await pool.query<{ n: number }>(
      'select count(*)::int as n from orca.execution where end_time is not null',
    );
    if ((rows[0]?.n ?? 0) >= count) return;
    if (Date.now() > end) throw new Error(`${rows[0]?.n ?? 0} of ${count} executions have ended`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Pipelines that have run, a fleet, and other applications around it. */
export async function fill(door: FrontDoor, size: { pipelines: number; executions: number }): Promise<void> {
  const { platform } = door.stack;
  const resources = new ResourceStore(platform.database.pool);
  for (const application of [APPLICATION, 'other1', 'other2', 'other3']) {
    const rows = fleet(application);
    for (let i = 0; i < rows.length; i += 500) await resources.upsert(rows.slice(i, i + 500));
  }
  const ids: string[] = [];
  for (const name of await savePipelines(door, size.pipelines)) ids.push(await start(door, name));
  await untilEnded(door, ids.length);
  const copies = Math.ceil(size.executions / size.pipelines) - 1;
  for (let copy = 0; copy < copies; copy += 1) await copyExecutions(door, ids);
  await platform.database.pool.query('vacuum analyze');
}

const COPIED = `type, application, name, config_id, status, build_time, start_time, end_time, canceled, username, origin,
  trigger_type, correlation_id, parent_id, max_concurrent, limit_concurrent, version`;

/** Executions with the same history under new ids: what the engine would write, without waiting for it. */
async function copyExecutions(door: FrontDoor, ids: string[]): Promise<void> {
  const { database, ids: generator } = door.stack.platform;
  const pairs = [ids, ids.map(() => generator.next())];
  await database.pool.query(
    `insert into es.event (stream_id, version, type, data, meta, recorded_at)
     select 'execution-' || fresh, version, type, replace(data::text, old, fresh)::json,
            replace(meta::text, old, fresh)::json, recorded_at
     from unnest($1::text[], $2::text[]) as pair(old, fresh) join es.event on stream_id = 'execution-' || old`,
    pairs,
  );
  await database.pool.query(
    `insert into orca.execution (id, ${COPIED}) select fresh, ${COPIED}
     from unnest($1::text[], $2::text[]) as pair(old, fresh) join orca.execution e on e.id = old`,
    pairs,
  );
}
