import { type LockRequest, Locks } from '@gennaker/execution-store';
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
    const first = await this.locks.acquire(request);
    const place =
      first.acquired || !(await this.mayBeGone(first, request)) ? first : await this.locks.acquire(request);
    // Whoever held it before has ended by the time that is told.
    return place.acquired ? { acquired: true, since: this.platform.clock.now() } : place;
  }

  /** Watches the one in front; true when it has ended while we looked. */
  private async mayBeGone({ inFront }: { inFront: string }, { workItemId }: LockRequest): Promise<boolean> {
    const watched = await this.executions.watch(inFront, workItemId);
    return watched === undefined || watched.complete;
  }

  async release(of: Parameters<LocksPort['release']>[0]): Promise<void> {
    await this.platform.journal.wake(await this.locks.release(of));
  }
}
