import type { JsonObject } from '@gennaker/kernel';

/** What runs where, as the cloud driver sees it. Names of applications are in lower case. */
export abstract class Infrastructure {
  /** Applications that have something running, with the names of the accounts it runs in. */
  abstract applications(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Account to clusters with counts, for the expanded view of an application. */
  abstract clusterSummaries(application: string): Promise<JsonObject>;
}

/** An installation without a cloud driver. */
export class NoInfrastructure extends Infrastructure {
  async applications(): Promise<ReadonlyMap<string, readonly string[]>> {
    return new Map();
  }

  async clusterSummaries(): Promise<JsonObject> {
    return {};
  }
}
