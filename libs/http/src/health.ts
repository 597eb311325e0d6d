import { timeLimit } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { logger } from '@gennaker/observability';

/** Resolves when the dependency is usable, rejects when it is not. Must respect the signal. */
export type HealthCheck = (signal: AbortSignal) => Promise<void> | void;

export interface HealthReport {
  status: 'UP' | 'DOWN' | 'OUT_OF_SERVICE';
  components: Record<string, { status: 'UP' | 'DOWN' }>;
}

const CHECK_TIMEOUT_MS = 2_000;

const log = logger('http.health');

/** Where the parts of a process register what they need in order to serve. */
@Injectable()
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();
  private closing = false;

  /** Adds a dependency to readiness under a name such as `postgres`. */
  register(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** From now on the process is alive but takes no new work. */
  beginShutdown(): void {
    this.closing = true;
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await this.run(name, check)] as const),
    );
    const components = Object.fromEntries(results.map(([name, status]) => [name, { status }]));
    if (this.closing) return { status: 'OUT_OF_SERVICE', components };
    return { status: results.every(([, status]) => status === 'UP') ? 'UP' : 'DOWN', components };
  }

  private async run(name: string, check: HealthCheck): Promise<'UP' | 'DOWN'> {
    const { signal, end } = timeLimit(CHECK_TIMEOUT_MS);
    const timeout = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
    });
    try {
      await Promise.race([check(signal), timeout]);
      return 'UP';
    } catch (error) {
      log.warn('dependency is down', { dependency: name, error });
      return 'DOWN';
    } finally {
      end();
    }
  }
}
