import type { NewWorkItem, WorkItems } from '@gennaker/event-store';
import { isComplete, openItemsOf, streamOf } from '@gennaker/execution';
import type { Clock, IdGenerator } from '@gennaker/kernel';
import type { ExecutionQueries } from './execution-queries.js';
import type { ExecutionStore } from './execution-store.js';
import { belongsTo } from './merged-decision.js';

/**
 * Executions that are not complete although nothing is open that would carry them on. No append leaves one behind; a
 * database that was restored in part, or edited by hand, may.
 */
export class StrandedExecutions {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly executions: ExecutionStore,
    private readonly items: WorkItems,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
  ) {}

  /** Gives up to `limit` of them back the work that their state asks for. Returns their ids: as a rule, none. */
  async heal(limit = 100): Promise<string[]> {
    const healed: string[] = [];
    for (const id of await this.queries.stranded(limit)) {
      if (await this.healOne(id)) healed.push(id);
    }
    return healed;
  }

  private async healOne(id: string): Promise<boolean> {
    const state = await this.executions.find(id);
    if (state === undefined || isComplete(state.status)) return false;
    const settle = { id: this.ids.next(), kind: 'settle', payload: {} };
    const items = [...openItemsOf(state, this.clock.now()), settle].map((item): NewWorkItem => ({
      ...item,
      queue: 'orca',
      ...belongsTo(state, item.payload),
    }));
    return this.items.reopen({ stream: streamOf(id), version: state.version, items }, this.clock.now());
  }
}
