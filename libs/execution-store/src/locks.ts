import type { EventStore, Queryable } from '@gennaker/event-store';

export interface LockRequest {
  name: string;
  executionId: string;
  stageId: string;
  attempt: number;
  /** Woken when the lock may be free. */
  workItemId: string;
}

export type LockPlace =
  { acquired: true } | { acquired: false; heldBy: string; position: number; inFront: string };

/**
 * Named locks, first come first served. A place in line is a row; the first row of an execution that has not ended holds
 * the lock, so that whatever becomes of a holder, its end gives the lock back.
 */
export class Locks {
  constructor(private readonly store: EventStore) {}

  /** Takes a place in line, once per attempt of the stage, and says which it is. */
  acquire({ name, executionId, stageId, attempt, workItemId }: LockRequest): Promise<LockPlace> {
    return this.store.transaction(async (connection) => {
      await this.lockName(name, connection);
      await connection.query(
        `delete from orca.lock l where name = $1 and not exists (
           select 1 from orca.execution e
           where e.id = l.execution_id and e.status in ('NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED'))`,
        [name],
      );
      await connection.query(
        `insert into orca.lock (name, execution_id, stage_id, attempt, work_item_id) values ($1, $2, $3, $4, $5)
         on conflict (name, execution_id, stage_id, attempt) do update set work_item_id = excluded.work_item_id`,
        [name, executionId, stageId, attempt, workItemId],
      );
      const { rows } = await connection.query<{ execution_id: string; stage_id: string }>(
        'select execution_id, stage_id from orca.lock where name = $1 order by seq',
        [name],
      );
      const holder = rows[0]!.execution_id;
      if (holder === executionId) return { acquired: true };
      const position = rows.findIndex((row) => row.execution_id === executionId && row.stage_id === stageId);
      return { acquired: false, heldBy: holder, position, inFront: rows[position - 1]!.execution_id };
    });
  }

  /** Gives up an execution's places, or one stage's. Returns the work items of those that wait. */
  release(of: { name: string; executionId: string; stageId?: string | undefined }): Promise<string[]> {
    return this.store.transaction(async (connection) => {
      await this.lockName(of.name, connection);
      await connection.query(
        `delete from orca.lock where name = $1 and execution_id = $2 and ($3::text is null or stage_id = $3)`,
        [of.name, of.executionId, of.stageId ?? null],
      );
      const { rows } = await connection.query<{ work_item_id: string }>(
        'select work_item_id from orca.lock where name = $1 order by seq',
        [of.name],
      );
      return rows.map((row) => row.work_item_id);
    });
  }

  private async lockName(name: string, connection: Queryable): Promise<void> {
    await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 7262))', [name]);
  }
}
