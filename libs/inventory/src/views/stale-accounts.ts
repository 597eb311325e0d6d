import type { Clock } from '@gennaker/kernel';
import { inventoryHealth } from './inventory-health.js';
import type { Queryable } from './view-row.js';

/** Spinnaker's shapes have no place for "this may be old"; a header of the answer has. */
export const STALE_ACCOUNTS_HEADER = 'X-Gennaker-Stale-Accounts';

const REMEMBER_MS = 1_000;

/** Knows the accounts whose part of what is shown may be out of date. Looks at most once a second. */
export class StaleAccounts {
  private known: { at: number; names: Promise<string> } | undefined;

  constructor(
    private readonly db: Queryable,
    private readonly clock: Clock,
    private readonly accounts: () => Promise<string[]> | string[],
  ) {}

  /** Their names, percent-encoded and separated by commas; empty when all is fresh. */
  names(): Promise<string> {
    const now = this.clock.now();
    if (this.known === undefined || now - this.known.at > REMEMBER_MS) {
      const names = this.read();
      this.known = { at: now, names };
      names.catch(() => (this.known = undefined));
    }
    return this.known.names;
  }

  private async read(): Promise<string> {
    const health = await inventoryHealth(this.db, await this.accounts());
    return health
      .filter(({ state }) => state !== 'UP')
      .map(({ account }) => encodeURIComponent(account))
      .join(',');
  }
}
