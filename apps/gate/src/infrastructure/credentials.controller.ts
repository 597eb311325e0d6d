import { Access } from '@gennaker/access';
import {
  createAccount,
  deleteAccount,
  getCredentials,
  listAccountHistory,
  listCredentials,
  listProviders,
  listStoredAccounts,
  type RouteInput,
  updateAccount,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import {
  type AccountHealth,
  type AccountView,
  accountView,
  accountViews,
  inventoryHealth,
  namespacesByAccount,
  shownNamespaces,
} from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { badCursor, decodeCursor, encodeCursor, linkNext, linkOlder } from '../paging.js';
import { Calling } from '../services/calling.js';
import type { ServiceCall } from '../services/service-client.js';
import { Clouddriver } from './clouddriver.js';
import { InventoryDatabase } from './inventory-database.js';

/** Most that one answer of the cloud driver holds. */
const MOST_ACCOUNTS = 1_000;

/** Accounts: where things can be deployed, how they are, and changing them while everything runs. */
@Controller()
export class CredentialsController {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly access: Access,
    private readonly clouddriver: Clouddriver,
  ) {}

  @Serves(listCredentials)
  async list(
    @Input() { query }: RouteInput<typeof listCredentials>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject[]> {
    const accounts = await accountViews(this.db);
    const names = accounts.map(({ name }) => name);
    const [health, namespaces] = query.expand ? await this.details(names) : [[], new Map<string, string[]>()];
    const shown = await Promise.all(
      accounts.map(async (account, index) =>
        (await this.may(caller, 'READ', account))
          ? this.view(withNamespaces(account, namespaces), caller, health[index])
          : undefined,
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
    if (account === undefined) return null;
    const [[health], namespaces] = await this.details([account.name]);
    return this.view(withNamespaces(account, namespaces), caller, health);
  }

  @Serves(listProviders)
  providers(@Calling() call: ServiceCall) {
    return this.clouddriver.call(listProviders, {}, call);
  }

  @Serves(listStoredAccounts)
  async stored(
    @Input() { params, query }: RouteInput<typeof listStoredAccounts>,
    @Calling() call: ServiceCall,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const { limit, cursor, ...rest } = query;
    const startingAccountName = cursor === undefined ? rest.startingAccountName : startOf(cursor);
    // One more tells whether there is more; it is where the next page starts.
    const asked = { limit: Math.min(limit + 1, MOST_ACCOUNTS), startingAccountName };
    const found = (await this.clouddriver.call(
      listStoredAccounts,
      { params, query: asked },
      call,
    )) as JsonObject[];
    const next = found.length < asked.limit ? undefined : found.at(-1)?.name;
    const path = `/credentials/type/${encodeURIComponent(params.type)}`;
    linkNext(reply, path, { limit }, next === undefined ? next : encodeCursor(['account', String(next)]));
    return next === undefined ? found : found.slice(0, -1);
  }

  @Serves(createAccount)
  create(@Input() input: RouteInput<typeof createAccount>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(createAccount, input, call);
  }

  @Serves(updateAccount)
  update(@Input() input: RouteInput<typeof updateAccount>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(updateAccount, input, call);
  }

  @Serves(deleteAccount)
  remove(@Input() input: RouteInput<typeof deleteAccount>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(deleteAccount, input, call);
  }

  @Serves(listAccountHistory)
  async history(
    @Input() input: RouteInput<typeof listAccountHistory>,
    @Calling() call: ServiceCall,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const versions = (await this.clouddriver.call(listAccountHistory, input, call)) as JsonObject[];
    const path = `/credentials/${encodeURIComponent(input.params.account)}/history`;
    linkOlder(reply, path, input.query.limit, Number(versions.at(-1)?.version ?? 1));
    return versions;
  }

  private details(names: readonly string[]) {
    return Promise.all([inventoryHealth(this.db, names), namespacesByAccount(this.db, names)]);
  }

  /** With its health the account is shown whole; without, as briefly as Spinnaker does. */
  private async view(account: AccountView, caller: Caller, health?: AccountHealth): Promise<JsonObject> {
    const { name, type, permissions, requiredGroupMembership } = account;
    const authorized = await this.may(caller, 'WRITE', account);
    const plain = { name, accountId: name, type, permissions, requiredGroupMembership, authorized };
    return health === undefined ? plain : { ...account, ...plain, health: healthOf(account, health) };
  }

  private async may(caller: Caller, action: 'READ' | 'WRITE', { name }: AccountView): Promise<boolean> {
    return this.access.may(caller.principal, action, { type: 'account', name });
  }
}

/** @throws InvalidInputError for the cursor of another list */
function startOf(cursor: string): string {
  const [kind, name] = decodeCursor(cursor, 2);
  if (kind !== 'account' || name === undefined) throw badCursor();
  return name;
}

function withNamespaces(account: AccountView, found: ReadonlyMap<string, string[]>): AccountView {
  return { ...account, namespaces: shownNamespaces(account, found.get(account.name)) };
}

/** An account that cannot be used at all is down, whatever the inventory remembers of it. */
function healthOf({ error }: AccountView, health: AccountHealth): AccountHealth {
  return error === null ? health : { ...health, state: 'DOWN', message: error };
}
