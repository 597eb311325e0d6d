import type { ExecutionCommands, ExecutionQueries, ExecutionStore } from '@gennaker/execution-store';
import type { Clock, IdGenerator } from '@gennaker/kernel';

/** Everything that reads, lists, starts and commands executions. */
export class ExecutionServices {
  readonly store: ExecutionStore;
  readonly queries: ExecutionQueries;
  readonly commands: ExecutionCommands;
  readonly clock: Clock;
  readonly ids: IdGenerator;

  constructor(parts: ExecutionServices) {
    this.store = parts.store;
    this.queries = parts.queries;
    this.commands = parts.commands;
    this.clock = parts.clock;
    this.ids = parts.ids;
  }
}
