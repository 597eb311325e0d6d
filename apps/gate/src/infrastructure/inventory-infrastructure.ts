import {
  accountViews,
  application,
  type ApplicationDetails,
  applicationNames,
  type VisibleAccounts,
} from '@gennaker/inventory';
import { type JsonObject, SharedReads } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { Infrastructure } from './infrastructure.js';
import { InventoryDatabase } from './inventory-database.js';

/** Read from the cloud driver's inventory. */
@Injectable()
export class InventoryInfrastructure extends Infrastructure {
  private readonly reads = new SharedReads<ApplicationDetails | undefined>();

  constructor(private readonly db: InventoryDatabase) {
    super();
  }

  async applicationNames(accounts?: VisibleAccounts): Promise<string[]> {
    return applicationNames(this.db, accounts);
  }

  async accountNames(): Promise<ReadonlySet<string>> {
    return new Set((await accountViews(this.db)).map(({ name }) => name));
  }

  async application(
    name: string,
    options: { expand: boolean; accounts?: VisibleAccounts },
  ): Promise<{ accounts: string; clusters: JsonObject } | undefined> {
    const found = await this.reads.run(JSON.stringify([name, options]), () =>
      application(this.db, name, options),
    );
    return found && { accounts: found.attributes.accounts, clusters: found.clusters };
  }
}
