import type { WorkItem, WorkItems } from '@gennaker/event-store';
import { HALT_WORK, type Halts } from '@gennaker/halt';
import type { WorkHandler, WorkOutcome } from '@gennaker/work';

/** Ends a halt whose time is up. */
export class EndHaltHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = HALT_WORK;

  constructor(
    private readonly halts: Halts,
    private readonly items: WorkItems,
  ) {}

  async handle(item: WorkItem): Promise<WorkOutcome> {
    await this.halts.expire((item.payload as { halt: string }).halt);
    // Closed by the end of the halt, unless somebody ended it while this was on its way.
    await this.items.close(item);
    return { done: true };
  }
}
