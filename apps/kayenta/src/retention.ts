import type { CanaryStore, DocumentStore } from '@gennaker/canary-store';
import type { Clock } from '@gennaker/kernel';
import { logger } from '@gennaker/observability';

const DAY_MS = 86_400_000;
const ROUND_MS = 3_600_000;
/** Rows deleted in one statement, so that none holds locks for long. */
const BATCH = 500;

const log = logger('kayenta.retention');

/** Forgets old measurements and ended analyses, a batch at a time. Several services may do it side by side. */
export class Retention {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly canaries: CanaryStore,
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
    private readonly days: number,
  ) {}

  start(): void {
    if (this.days === 0) return;
    this.timer = setInterval(() => {
      this.run().catch((error: unknown) => log.warn('old canary data could not be deleted', { error }));
    }, ROUND_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Returns how many rows went. */
  async run(): Promise<number> {
    const time = this.clock.now() - this.days * DAY_MS;
    let total = 0;
    for (const store of [this.canaries, this.documents]) {
      for (let gone = BATCH; gone === BATCH; total += gone) gone = await store.deleteOlderThan(time, BATCH);
    }
    if (total > 0) log.info('deleted old canary data', { rows: total });
    return total;
  }
}
