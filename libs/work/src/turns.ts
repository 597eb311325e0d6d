import type { DueItem, WorkItems } from '@gennaker/event-store';
import type { Clock } from '@gennaker/kernel';

/** Milliseconds for which the news that only one application waits is good. */
const LOOK_MS = 250;
const EACH = 16;
const LIMIT = 512;

/** How many items of each application run here. */
export type Shares = ReadonlyMap<string, number>;

/**
 * Says what should run next where there is more work than room: of the applications that have work waiting, the one
 * with the smallest share of what runs here, and of that the item that has been due longest. Applications take turns,
 * whatever the length of their lines: start-time fair queueing with one item as the unit (Goyal, Vin, Cheng 1996), read
 * from the rows, so that it needs no memory and all processes see the same lines.
 */
export class Turns {
  private line: DueItem[] = [];
  private several = false;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly items: WorkItems,
    private readonly clock: Clock,
    private readonly queue: string,
  ) {}

  /**
   * The id of the item whose turn it is. Undefined when no more than one application waits: then the order of the hints
   * is as fair as any. Somebody else may be faster to claim it.
   */
  async next(shares: Shares): Promise<string | undefined> {
    if (this.line.length === 0 && this.worthALook()) await this.look(shares);
    return this.line.shift()?.id;
  }

  /** The id of an item whose application has nothing running here, if any waits. */
  async neglected(shares: Shares): Promise<string | undefined> {
    if (this.clock.now() - this.lookedAt >= LOOK_MS) await this.look(shares);
    const index = this.line.findIndex(({ application }) => !shares.has(application));
    return index < 0 ? undefined : this.line.splice(index, 1)[0]!.id;
  }

  private worthALook(): boolean {
    return this.several || this.clock.now() - this.lookedAt >= LOOK_MS;
  }

  private look(shares: Shares): Promise<void> {
    this.looking ??= this.lookNow(shares).finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookNow(shares: Shares): Promise<void> {
    const now = this.clock.now();
    this.lookedAt = now;
    const due = await this.items.dueByApplication({ queue: this.queue, now, each: EACH, limit: LIMIT });
    const applications = new Set(due.map(({ application }) => application));
    for (const application of shares.keys()) applications.add(application);
    this.several = due.length > 0 && applications.size > 1;
    this.line = this.several ? inTurn(due, shares) : [];
  }
}

/** By what the application would have running when the item begins; the longest due first among equals. */
function inTurn(due: DueItem[], shares: Shares): DueItem[] {
  const running = new Map(shares);
  return due
    .map((item) => {
      const share = (running.get(item.application) ?? 0) + 1;
      running.set(item.application, share);
      return { item, share };
    })
    .sort((a, b) => a.share - b.share || a.item.dueAt - b.item.dueAt)
    .map(({ item }) => item);
}
