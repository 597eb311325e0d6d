import { stageOf } from '@gennaker/execution';
import type { ExecutionStore } from '@gennaker/execution-store';
import { isEnded, type OperationStore } from '@gennaker/operation';
import type pg from 'pg';
import { covers, type HaltTarget } from './halt-event.js';

/** What stopping the worker of an item now would mean. */
export type StopVerdict = 'safeToStop' | 'mustFinish' | 'unknown';

/** An item of work that a worker has claimed. */
export interface WorkInFlight {
  workItem: string;
  queue: string;
  kind: string;
  application?: string;
  account?: string;
  pipeline?: string;
  execution?: string;
  stage?: { id: string; refId: string; name: string; type: string };
  task?: string;
  operation?: { id: string; kind: string };
  worker: string;
  /** The worker's claim ends then unless it renews it; milliseconds since the Unix epoch. */
  claimedUntil: number;
  /** Why the verdict is what it is. */
  because: string;
}

export interface InFlight extends Record<StopVerdict, WorkInFlight[]> {
  /** Items in scope that are due and that nobody may claim. */
  heldBack: number;
}

interface ClaimedRow {
  id: string;
  queue: string;
  kind: string;
  stream_id: string;
  payload: { stageId?: string; taskId?: string; operation?: string };
  application: string | null;
  account: string | null;
  pipeline: string | null;
  claimed_by: string;
  claimed_until: string;
  lapsed: boolean;
}

interface Verdict {
  verdict: StopVerdict;
  because: string;
  about?: Partial<WorkInFlight>;
}

/** As many as workers can hold between them, in an installation that a person can still read a list of. */
const MOST_CLAIMED = 10_000;
const EXECUTION_PREFIX = 'execution-';

/** Kinds of orchestration's work that only decide: whoever takes such an item over decides again. */
const DECIDES = new Set(['settle', 'plan', 'startWaiting', 'deadline', 'endHalt']);
/** Tasks that send a request which nobody can take back or look for afterwards. */
const SENDS = new Set(['createWebhook']);
/** Operations that only look at a cluster. */
const LOOKS = new Set([
  'findArtifactsFromResource',
  'planManifests',
  'resolveTargetManifest',
  'waitForManifestToStabilize',
  'waitOnJobCompletion',
]);

const safe = (because: string, about?: Partial<WorkInFlight>): Verdict => ({
  verdict: 'safeToStop',
  because,
  ...(about && { about }),
});
const unknown = (because: string): Verdict => ({ verdict: 'unknown', because });

/** Says what workers hold, and what stopping them would mean. */
export class InFlightWork {
  constructor(
    private readonly pool: pg.Pool,
    private readonly executions: ExecutionStore,
    private readonly operations: OperationStore,
  ) {}

  /** What is in flight, and held back, in each of these scopes; in their order. */
  async of(targets: readonly HaltTarget[], now: number): Promise<InFlight[]> {
    const rows = await this.claimed();
    const judged = new Map<string, Promise<{ verdict: StopVerdict; work: WorkInFlight }>>();
    return Promise.all(
      targets.map(async (target) => {
        const covered = rows.filter((row) => covers(target, belonging(row)));
        const report: InFlight = { safeToStop: [], mustFinish: [], unknown: [], heldBack: 0 };
        for (const row of covered) {
          const known = judged.get(row.id) ?? this.judge(row);
          judged.set(row.id, known);
          const { verdict, work } = await known;
          report[verdict].push(work);
        }
        return { ...report, heldBack: await this.heldBack(target, now) };
      }),
    );
  }

  private async claimed(): Promise<ClaimedRow[]> {
    const { rows } = await this.pool.query<ClaimedRow>(
      `select id, queue, kind, stream_id, payload, application, account, pipeline, claimed_by, claimed_until,
              claimed_until <= es.now_ms() as lapsed
       from es.work_item where claimed_by is not null order by claimed_until limit $1`,
      [MOST_CLAIMED],
    );
    return rows;
  }

  private async heldBack(target: HaltTarget, now: number): Promise<number> {
    const { rows } = await this.pool.query<HeldRow>(
      `select kind, application, account, pipeline, count(*)::int as n
       from es.work_item where due_at <= $1 and claimed_by is null group by 1, 2, 3, 4`,
      [now],
    );
    return rows.filter((row) => covers(target, belonging(row))).reduce((sum, { n }) => sum + n, 0);
  }

  private async judge(row: ClaimedRow): Promise<{ verdict: StopVerdict; work: WorkInFlight }> {
    const { verdict, because, about } = row.lapsed
      ? unknown(`${row.claimed_by} has not been heard of since its claim ended: nobody knows how far it got`)
      : await this.verdictOf(row);
    const execution = row.stream_id.startsWith(EXECUTION_PREFIX)
      ? { execution: row.stream_id.slice(EXECUTION_PREFIX.length) }
      : {};
    const work: WorkInFlight = {
      workItem: row.id,
      queue: row.queue,
      kind: row.kind,
      ...present({ application: row.application, account: row.account, pipeline: row.pipeline }),
      ...execution,
      worker: row.claimed_by,
      claimedUntil: Number(row.claimed_until),
      because,
      ...about,
    };
    return { verdict, work };
  }

  private verdictOf(row: ClaimedRow): Verdict | Promise<Verdict> {
    if (row.queue === 'kayenta') return safe('an analysis only reads metrics, and begins again');
    if (row.queue === 'clouddriver' && row.kind === 'operation') return this.ofOperation(row);
    if (row.queue !== 'orca') return unknown(`nothing is known of work of kind ${row.kind}`);
    if (DECIDES.has(row.kind)) return safe('it only decides: whoever takes it over decides again');
    if (row.kind === 'cleanUp') {
      return {
        verdict: 'mustFinish',
        because: 'it cleans up after a stage that was cancelled or has failed',
      };
    }
    if (row.kind === 'task') return this.ofTask(row);
    return unknown(`nothing is known of work of kind ${row.kind}`);
  }

  private async ofTask(row: ClaimedRow): Promise<Verdict> {
    const state = await this.executions.find(row.stream_id.slice(EXECUTION_PREFIX.length));
    const { stageId = '', taskId } = row.payload;
    if (state?.stages[stageId] === undefined) return unknown('its stage is not there any more');
    const { id, refId, name, type, tasks } = stageOf(state, stageId);
    const task = tasks.find((one) => one.id === taskId)?.name ?? '';
    const about = { stage: { id, refId, name, type }, task };
    return SENDS.has(task)
      ? { verdict: 'unknown', because: 'its request may have been sent, or not', about }
      : safe('what it asks for it asks for under one key: whoever takes it over does nothing twice', about);
  }

  private async ofOperation(row: ClaimedRow): Promise<Verdict> {
    const operation = await this.operations.load(row.payload.operation ?? '');
    if (operation === undefined) return unknown('its operation is not there');
    const { id, kind, executionId } = operation.request;
    const about = { operation: { id, kind }, ...(executionId !== undefined && { execution: executionId }) };
    if (isEnded(operation)) return safe('the operation has ended', about);
    if (LOOKS.has(kind)) return safe('the operation only looks at the cluster', about);
    if (operation.steps.length === 0) return safe('the operation has not changed anything yet', about);
    const done = operation.steps.filter(({ finishedAt }) => finishedAt !== undefined).length;
    const because = `the operation is changing the cluster: ${done} of the ${operation.steps.length} steps begun are done`;
    return { verdict: 'mustFinish', because, about };
  }
}

interface HeldRow {
  kind: string;
  application: string | null;
  account: string | null;
  pipeline: string | null;
  n: number;
}

function belonging({ kind, application, account, pipeline }: Omit<HeldRow, 'n'>) {
  return { kind, ...present({ application, account, pipeline }) };
}

function present<T extends Record<string, string | null>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: string;
  };
}
