import type { VisibleAccounts } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';

/** What runs where, as the cloud driver sees it. Names of applications are in lower case. */
export abstract class Infrastructure {
  /** Applications that have something running, in any account or in those given. */
  abstract applicationNames(accounts?: VisibleAccounts): Promise<string[]>;
  /** Names of all accounts. */
  abstract accountNames(): Promise<ReadonlySet<string>>;
  /** The accounts that an application runs in (comma-separated), and its clusters by account where they are wanted. */
  abstract application(
    name: string,
    options: { expand: boolean; accounts?: VisibleAccounts },
  ): Promise<{ accounts: string; clusters: JsonObject } | undefined>;
}
