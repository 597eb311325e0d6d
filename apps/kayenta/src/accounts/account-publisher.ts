import { withTimeLimit } from '@gennaker/kernel';
import type { CanaryAccountStore } from '@gennaker/canary-store';
import { logger } from '@gennaker/observability';
import type { Accounts } from './accounts.js';

const ROUND_MS = 60_000;
const PATIENCE_MS = 30_000;
const MOST_METRICS = 20_000;

const log = logger('kayenta.accounts');

/** Tells the other services which accounts there are, and from time to time which metrics their stores know. */
export class AccountPublisher {
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly accounts: Accounts,
    private readonly store: CanaryAccountStore,
  ) {}

  start(): void {
    const round = () => {
      this.running = this.publish().catch((error: unknown) => {
        if (!this.stopping.signal.aborted) log.warn('the accounts could not be published', { error });
      });
    };
    round();
    this.timer = setInterval(round, ROUND_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private async publish(): Promise<void> {
    const accounts = this.accounts.all();
    await this.store.publish(accounts);
    await Promise.all(
      accounts.map(async ({ name, store }) => {
        if (store === undefined) return;
        const metrics = await withTimeLimit(PATIENCE_MS, this.stopping.signal, (signal) =>
          store.descriptors('', MOST_METRICS, signal),
        ).catch((error: unknown) => {
          log.info('a metric store does not say which metrics it knows', { account: name, error });
          return undefined;
        });
        if (metrics !== undefined && !this.stopping.signal.aborted)
          await this.store.saveMetrics(name, metrics);
      }),
    );
  }
}
