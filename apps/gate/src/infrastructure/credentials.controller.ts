import { type RouteInput, getCredentials, listCredentials } from '@gennaker/contracts';
import { Access } from '@gennaker/access';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { type AccountView, accountView, accountViews } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { InventoryDatabase } from './inventory-database.js';

/** Accounts: where things can be deployed. */
@Controller()
export class CredentialsController {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly access: Access,
  ) {}

  @Serves(listCredentials)
  async list(
    @Input() { query }: RouteInput<typeof listCredentials>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject[]> {
    const accounts = await accountViews(this.db);
    const shown = await Promise.all(
      accounts.map(async (account) =>
        (await this.may(caller, 'READ', account)) ? this.view(account, caller, query.expand) : undefined,
      ),
    );
    return shown.filter((account) => account !== undefined);
  }

  /** An unknown account is an empty answer to Spinnaker's clients, not an error. */
  @Serves(getCredentials)
  async get(
    @Input() { params }: RouteInput<typeof getCredentials>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject | null> {
    const account = await accountView(this.db, params.account);
    return account === undefined ? null : this.view(account, caller, true);
  }

  private async view(account: AccountView, caller: Caller, expand: boolean): Promise<JsonObject> {
    const { name, type, permissions, requiredGroupMembership } = account;
    const authorized = await this.may(caller, 'WRITE', account);
    const plain = { name, accountId: name, type, permissions, requiredGroupMembership, authorized };
    return expand ? { ...account, ...plain } : plain;
  }

  private async may(caller: Caller, action: 'READ' | 'WRITE', { name }: AccountView): Promise<boolean> {
    return this.access.may(caller.principal, action, { type: 'account', name });
  }
}
