import type { Queryable } from '@gennaker/event-store';
import type { ExecutionState, Others } from '@gennaker/execution';

/** The executions of one configuration that have not ended. */
export interface Line {
  /** Ids, the oldest first. */
  waiting: string[];
  running: number;
}

/** Takes the lock of an execution's configuration until the transaction ends, and counts the others in it. */
export async function othersOf(state: ExecutionState, connection: Queryable): Promise<Others> {
  const { pipelineConfigId: config, buildTime, id } = state;
  await lock(config!, connection);
  const { rows } = await connection.query<{ running: number; before: number }>(
    `select count(*) filter (where status in ('RUNNING', 'PAUSED', 'SUSPENDED'))::int as running,
            count(*) filter (where status = 'NOT_STARTED' and (build_time, id) < ($2, $3))::int as before
     from orca.execution
     where config_id = $1 and id <> $3 and status in ('NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED')`,
    [config, buildTime, id],
  );
  const [row] = rows;
  return { running: row?.running ?? 0, waitingBefore: row?.before ?? 0 };
}

/** Who waits and how many run, under the lock of the configuration. Call inside a transaction. */
export async function lineOf(config: string, connection: Queryable): Promise<Line> {
  await lock(config, connection);
  const { rows } = await connection.query<{ id: string; status: string }>(
    `select id, status from orca.execution
     where config_id = $1 and status in ('NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED')
     order by build_time, id`,
    [config],
  );
  return {
    waiting: rows.filter(({ status }) => status === 'NOT_STARTED').map(({ id }) => id),
    running: rows.filter(({ status }) => status !== 'NOT_STARTED').length,
  };
}

async function lock(config: string, connection: Queryable): Promise<void> {
  await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 7261))', [config]);
}
