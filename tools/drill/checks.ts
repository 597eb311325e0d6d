import { type ExecutionEvent, type ExecutionState, recheck, replay, stagesOf } from '@gennaker/execution';
import { toExecutionEvent } from '@gennaker/execution-store';
import { canonicalJson } from '@gennaker/kernel';
import type { Platform } from '@gennaker/platform';
import { type DrillWorld, endingOf, kindOf, namesOf } from './drill-pipeline.js';
import type { WebhookServer } from './webhook-server.js';

/** What the drill found wrong, and what it says of what it has looked at. */
export interface Findings {
  problem(text: string): void;
  say(text: string): void;
}

interface Ended {
  index: number;
  state: ExecutionState;
  events: ExecutionEvent[];
}

/** That every execution has ended as it must, once, and that what is stored of it agrees. */
export async function checkExecutions(
  platform: Platform,
  ids: string[],
  findings: Findings,
): Promise<Ended[]> {
  const ended: Ended[] = [];
  const statuses: Record<string, number> = {};
  let compared = 0;
  for (const [index, id] of ids.entries()) {
    const state = await platform.executions.load(id);
    const events = (await platform.executions.events(id)).map(toExecutionEvent);
    statuses[state.status] = (statuses[state.status] ?? 0) + 1;
    if (state.status !== endingOf(index)) {
      findings.problem(`${kindOf(index)} ${id} is ${state.status}, must be ${endingOf(index)}`);
    }
    compared += await checkStored(platform, id, events, findings);
    ended.push({ index, state, events });
  }
  findings.say(`ended as ${JSON.stringify(statuses)}; ${compared} stored states compared with their replay`);
  return ended;
}

/** Returns how many stored states were compared. */
async function checkStored(
  platform: Platform,
  id: string,
  events: ExecutionEvent[],
  { problem }: Findings,
): Promise<number> {
  const otherwise = recheck(events);
  if (otherwise !== undefined) {
    const { version, recorded, decided } = otherwise;
    problem(`${id} would be decided otherwise at ${version}: recorded ${recorded}, decided ${decided}`);
  }
  const starts = events.filter((event) => event.type === 'ExecutionStarted').length;
  if (starts !== 1) problem(`${id} was started ${starts} times`);
  const { pool } = platform.database;
  const row = await pool.query<{ status: string }>('select status from orca.execution where id = $1', [id]);
  if (row.rows[0]?.status !== replay(events)?.status) problem(`${id} has a summary that says something else`);
  const snapshot = await pool.query<{ state: object; version: number }>(
    'select state, version from es.snapshot where stream_id = $1',
    [`execution-${id}`],
  );
  const [stored] = snapshot.rows;
  if (stored === undefined) return 0;
  const again = replay(events.slice(0, stored.version));
  if (canonicalJson(again) !== canonicalJson(stored.state)) problem(`${id} replays to another state`);
  return 1;
}

/** That nothing is left to do, and nobody waits for ever. */
export async function checkLeftovers(platform: Platform, { problem }: Findings): Promise<void> {
  const stranded = await platform.executionQueries.stranded();
  if (stranded.length > 0) problem(`stranded: ${stranded.join(', ')}`);
  const { rows } = await platform.database.pool.query<{ kind: string; n: string }>(
    'select kind, count(*) as n from es.work_item group by kind',
  );
  for (const { kind, n } of rows) problem(`${n} work items of kind ${kind} are left`);
}

/** That each parent has started one child, or was cancelled before it could, and that it ended as it must. */
export async function checkChildren(platform: Platform, ended: Ended[], findings: Findings): Promise<void> {
  const parents = ended.filter(({ index }) => kindOf(index) === 'child');
  for (const { index, state } of parents) {
    const children = await platform.executionQueries.list({ parentId: state.id }, { limit: 10 });
    const wanted = endingOf(index) === 'CANCELED' ? 'CANCELED' : 'SUCCEEDED';
    const least = wanted === 'CANCELED' ? 0 : 1;
    if (children.length < least || children.length > 1) {
      findings.problem(`${state.id} has started ${children.length} children`);
    }
    for (const { id, status } of children) {
      if (status !== wanted) findings.problem(`child ${id} is ${status}, must be ${wanted}`);
    }
  }
  findings.say(`${parents.length} pipelines have started one child each`);
}

/** That nobody got the lock before the one in front of it had ended. */
export function checkLock(ended: Ended[], findings: Findings): void {
  const holders = ended
    .filter(({ index }) => kindOf(index) === 'lock')
    .map(({ state, events }) => {
      const lock = stagesOf(state).find(({ type }) => type === 'lock');
      const { heldSince } = (lock?.context['lock'] ?? {}) as { heldSince?: number };
      const end = events.findLast((event) => event.type === 'ExecutionCompleted');
      return { id: state.id, from: heldSince ?? Number.NaN, to: end?.data.at ?? Number.NaN };
    })
    .sort((a, b) => a.from - b.from);
  for (const [n, holder] of holders.entries()) {
    const before = holders[n - 1];
    if (Number.isNaN(holder.from)) findings.problem(`${holder.id} never held the lock`);
    if (before !== undefined && holder.from < before.to) {
      findings.problem(`${holder.id} held the lock while ${before.id} did`);
    }
  }
  findings.say(`${holders.length} executions have held the lock, one after another`);
}

/** That nothing in a window ran before it opened. */
export function checkWindows(ended: Ended[], { windowOpens }: DrillWorld, findings: Findings): void {
  const windowed = ended.filter(({ index }) => kindOf(index) === 'window');
  for (const { state } of windowed) {
    const stage = stagesOf(state).find(({ refId }) => refId === '2');
    const started = stage?.tasks[0]?.startTime ?? Number.NaN;
    if (!(started >= windowOpens)) {
      findings.problem(`${state.id} ran ${windowOpens - started} ms before its window opened`);
    }
  }
  findings.say(`${windowed.length} executions have waited for their window`);
}

/** That every webhook was sent, and however often it was, under one key. */
export function checkWebhooks(ended: Ended[], server: WebhookServer, findings: Findings): void {
  const wanted = {
    '/execution': ended.filter(({ index }) => kindOf(index) === 'webhook').length,
    '/child': ended.filter(({ index }) => kindOf(index) === 'child' && endingOf(index) !== 'CANCELED').length,
  };
  for (const [path, count] of Object.entries(wanted)) {
    const keys = server.keys.get(path)?.size ?? 0;
    if (keys !== count) findings.problem(`${path} was called under ${keys} keys instead of ${count}`);
  }
  findings.say(`${server.requests()} webhooks under ${wanted['/execution'] + wanted['/child']} keys`);
}

/** What the cluster saw: each object made once, and never changed again. */
export async function checkCluster(url: string, ended: Ended[], findings: Findings): Promise<void> {
  interface Listed {
    items: { metadata: { name: string; generation?: number } }[];
  }
  const list = async (path: string): Promise<Listed['items']> =>
    ((await (await fetch(`${url}${path}`)).json()) as Listed).items;
  const deployments = new Map(
    (await list('/apis/apps/v1/namespaces/default/deployments')).map(({ metadata }) => [
      metadata.name,
      metadata,
    ]),
  );
  const configMaps = new Set(
    (await list('/api/v1/namespaces/default/configmaps')).map(({ metadata }) => metadata.name),
  );
  for (const { index } of ended.filter((one) => kindOf(one.index) === 'deploy')) {
    const names = namesOf(index);
    const deployment = deployments.get(names.deployment);
    if (deployment === undefined) findings.problem(`${names.deployment} is not there`);
    else if (deployment.generation !== 1)
      findings.problem(`${names.deployment} was applied ${deployment.generation} times`);
    if (!configMaps.has(names.configMap)) findings.problem(`${names.configMap} is not there`);
  }
  findings.say(`the cluster has ${deployments.size} deployments, each applied once`);
}

/** Milestones of all executions so far: what moves on when work is done. */
export async function progressOf(platform: Platform): Promise<number> {
  const { rows } = await platform.database.pool.query<{ n: string }>(
    `select count(*) as n from es.event where stream_id like 'execution-%'`,
  );
  return Number(rows[0]!.n);
}
