import { type ExecutionState, isComplete, streamOf } from '@gennaker/execution';
import type { Caller } from '@gennaker/http';
import { ConflictError } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { EventStore } from '@gennaker/event-store';
import { metaOf } from '../caller.js';

/** Removes finished executions for good, and keeps who did it. */
@Injectable()
export class ExecutionDeleter {
  constructor(private readonly events: EventStore) {}

  /** @throws ConflictError while it runs */
  async delete(state: ExecutionState, caller: Caller): Promise<void> {
    const { id, type, application, name, description, status } = state;
    if (!isComplete(status)) {
      const what = type === 'PIPELINE' ? 'Pipeline' : 'Task';
      throw new ConflictError('gate.still_running', `${what} ${id} is ${status}: cancel it first`);
    }
    const stream = streamOf(id);
    await this.events.transaction(async (connection) => {
      await this.events.append(
        {
          stream: `deleted-${stream}`,
          expectedVersion: 0,
          events: [
            { type: 'ExecutionDeleted', data: { id, type, application, name: name ?? description, status } },
          ],
          meta: metaOf(caller),
        },
        connection,
      );
      await connection.query('delete from orca.execution where id = $1', [id]);
      await connection.query('delete from es.work_item where stream_id = $1', [stream]);
      await connection.query('delete from es.snapshot where stream_id = $1', [stream]);
      await connection.query('delete from es.event where stream_id = $1', [stream]);
    });
  }
}
