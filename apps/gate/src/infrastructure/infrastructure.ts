import type { JsonObject } from '@gennaker/kernel';

/** What runs where, as the cloud driver sees it. Names of applications are in lower case. */
export abstract class Infrastructure {
  /** Applications that have something running. */
  abstract applicationNames(): Promise<string[]>;
  /** Names of all accounts. */
  abstract accountNames(): Promise<ReadonlySet<string>>;
  /** The accounts that an application runs in (comma-separated), and its clusters by account where they are wanted. */
  abstract application(
    name: string,
    options: { expand: boolean },
  ): Promise<{ accounts: string; clusters: JsonObject } | undefined>;
}
