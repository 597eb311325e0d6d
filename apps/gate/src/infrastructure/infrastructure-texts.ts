import { JsonCache, JsonPiece, JsonText, sortedJson } from '@gennaker/http';
import {
  loadBalancersByKey,
  loadBalancerVersions,
  serverGroupManagers,
  serverGroupsByKey,
  type ServerGroupFilter,
  serverGroupVersions,
  type ViewVersion,
  type VisibleAccounts,
} from '@gennaker/inventory';
import { SharedReads } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { InventoryDatabase } from './inventory-database.js';

/** Bytes kept for polls, of either kind. */
const MAX_LENGTH = 64_000_000;

/** The big lists of what runs, as JSON. Every open page polls them, and little has changed since the last time. */
@Injectable()
export class InfrastructureTexts {
  private readonly groups = new JsonCache(MAX_LENGTH);
  private readonly balancers = new JsonCache(MAX_LENGTH);

  private readonly reads = new SharedReads<JsonText>();

  constructor(private readonly db: InventoryDatabase) {}

  /** Summaries of the server groups of applications. */
  serverGroups(applications: readonly string[], filter: ServerGroupFilter): Promise<JsonText> {
    return this.reads.run(JSON.stringify(['serverGroups', applications, filter]), async () => {
      const versions = await serverGroupVersions(this.db, applications, filter);
      return this.list(this.groups, versions, (missing) => serverGroupsByKey(this.db, missing));
    });
  }

  loadBalancers(application: string, accounts: VisibleAccounts): Promise<JsonText> {
    return this.reads.run(JSON.stringify(['loadBalancers', application, accounts]), async () => {
      const versions = await loadBalancerVersions(this.db, application, accounts);
      return this.list(this.balancers, versions, (missing) => loadBalancersByKey(this.db, missing));
    });
  }

  serverGroupManagers(application: string, accounts: VisibleAccounts): Promise<JsonText> {
    return this.reads.run(JSON.stringify(['serverGroupManagers', application, accounts]), async () => {
      const managers = await serverGroupManagers(this.db, application, accounts);
      return JsonText.list(managers.map((manager) => JsonPiece.of(sortedJson(manager))));
    });
  }

  private async list(
    cache: JsonCache,
    versions: readonly ViewVersion[],
    read: (missing: ViewVersion[]) => Promise<ReadonlyMap<string, object>>,
  ): Promise<JsonText> {
    const pieces = await cache.list(versions, async (missing) => {
      const views = await read(missing);
      return new Map([...views].map(([key, view]) => [key, sortedJson(view)]));
    });
    return JsonText.list(pieces);
  }
}
