import { StrandedExecutions } from '@gennaker/execution-store';
import { logger } from '@gennaker/observability';
import type { Platform } from '@gennaker/platform';

const log = logger('orca');

/** Looks now and then whether an execution is stranded, says so, and carries it on. Any number of replicas may. */
export class StrandedCheck {
  private readonly executions: StrandedExecutions;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  /** @param intervalMs milliseconds between two looks */
  constructor(
    platform: Pick<Platform, 'executionQueries' | 'executions' | 'items' | 'clock' | 'ids'>,
    private readonly intervalMs: number,
  ) {
    const { executionQueries, executions, items, clock, ids } = platform;
    this.executions = new StrandedExecutions(executionQueries, executions, items, clock, ids);
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, this.intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    try {
      for (const executionId of await this.executions.heal()) {
        log.error('an execution had nothing left to carry it on and was given it back', { executionId });
      }
    } catch (error) {
      log.warn('could not look for stranded executions', { error });
    }
  }
}
