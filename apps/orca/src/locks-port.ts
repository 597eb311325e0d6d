import { Locks } from '@gennaker/execution-store';
import type { Platform } from '@gennaker/platform';
import type { ExecutionsPort, LocksPort } from '@gennaker/stages';

/** Named locks: those in line are woken by the end of the one in front, or when it gives the lock back. */
export class ExecutionLocks implements LocksPort {
  private readonly locks: Locks;

  constructor(
    private readonly platform: Platform,
    private readonly executions: ExecutionsPort,
  ) {
    this.locks = new Locks(platform.journal.store);
  }

  async acquire(request: Parameters<LocksPort['acquire']>[0]): ReturnType<LocksPort['acquire']> {
    const place = await this.locks.acquire(request);
    if (place.acquired) return place;
    const watched = await this.executions.watch(place.inFront, request.workItemId);
    // The one in front ended while we looked: look again.
    return watched === undefined || watched.complete ? this.locks.acquire(request) : place;
  }

  async release(of: Parameters<LocksPort['release']>[0]): Promise<void> {
    await this.platform.journal.wake(await this.locks.release(of));
  }
}
