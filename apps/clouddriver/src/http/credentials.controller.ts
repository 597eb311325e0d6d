import { Controller } from '@nestjs/common';
import {
  createAccount,
  deleteAccount,
  listAccountHistory,
  listProviders,
  listStoredAccounts,
  type RouteInput,
  updateAccount,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, versionBefore } from '@gennaker/http';
import {
  type AccountHealth,
  type AccountView,
  inventoryHealth,
  namespacesByAccount,
  shownNamespaces,
} from '@gennaker/inventory';
import { NotFoundError } from '@gennaker/kernel';
import { ClouddriverService } from '../clouddriver.service.js';
import { accountViewOf } from '../kubernetes/accounts/account-views.js';
import { providerShapeOf } from '../providers/cloud-provider.js';
import * as routes from './credentials.routes.js';

type In<R> = RouteInput<R>;
type Brief = Pick<
  AccountView,
  | 'name'
  | 'type'
  | 'cloudProvider'
  | 'accountType'
  | 'environment'
  | 'permissions'
  | 'requiredGroupMembership'
  | 'primaryAccount'
  | 'challengeDestructiveActions'
>;

/** Accounts: what they are, how they are, and changing them while everything runs. */
@Controller()
export class CredentialsController {
  constructor(private readonly clouddriver: ClouddriverService) {}

  @Serves(routes.credentialsRoute)
  async list(@Input() { query }: In<typeof routes.credentialsRoute>) {
    const views = this.clouddriver.kubernetes.registry.all().map(accountViewOf);
    return query.expand ? this.withHealth(views) : views.map(briefly);
  }

  @Serves(listProviders)
  providers() {
    return this.clouddriver.providers.map(providerShapeOf);
  }

  @Serves(listStoredAccounts)
  async stored(@Input() { params, query }: In<typeof listStoredAccounts>) {
    if (params.type !== 'kubernetes') return [];
    return this.clouddriver.kubernetes.accounts.list(query.startingAccountName, query.limit);
  }

  @Serves(routes.credentialRoute)
  async get(@Input() { params }: In<typeof routes.credentialRoute>) {
    const entry = this.clouddriver.kubernetes.registry.entry(params.name);
    if (entry === undefined)
      throw new NotFoundError('account.not_found', `there is no account named "${params.name}"`);
    return (await this.withHealth([accountViewOf(entry)]))[0];
  }

  @Serves(createAccount)
  create(@Input() { body }: In<typeof createAccount>, @CalledBy() caller: Caller) {
    return this.clouddriver.kubernetes.accounts.create(body, caller.principal.username);
  }

  @Serves(updateAccount)
  update(@Input() { body }: In<typeof updateAccount>, @CalledBy() caller: Caller) {
    return this.clouddriver.kubernetes.accounts.update(body, caller.principal.username);
  }

  @Serves(deleteAccount)
  async remove(@Input() { params }: In<typeof deleteAccount>, @CalledBy() caller: Caller) {
    await this.clouddriver.kubernetes.accounts.remove(params.account, caller.principal.username);
    return null;
  }

  @Serves(listAccountHistory)
  history(@Input() { params, query }: In<typeof listAccountHistory>) {
    const before = query.cursor === undefined ? undefined : versionBefore(query.cursor);
    return this.clouddriver.kubernetes.accounts.history(params.account, query.limit, before);
  }

  private async withHealth(views: AccountView[]): Promise<(AccountView & { health: AccountHealth })[]> {
    const names = views.map((view) => view.name);
    const { pool } = this.clouddriver.platform.database;
    const [health, namespaces] = await Promise.all([
      inventoryHealth(pool, names),
      namespacesByAccount(pool, names),
    ]);
    return views.map((view, index) => ({
      ...view,
      namespaces: shownNamespaces(view, namespaces.get(view.name)),
      health: healthOf(view, health[index]),
    }));
  }
}

/** An account that cannot be used at all is down, whatever the inventory remembers of it. */
function healthOf(view: AccountView, health: AccountHealth | undefined): AccountHealth {
  const known = health ?? {
    account: view.name,
    state: 'UNKNOWN',
    message: null,
    since: null,
    forbiddenKinds: [],
    kinds: [],
  };
  return view.error === null ? known : { ...known, state: 'DOWN', message: view.error };
}

function briefly(view: AccountView): Brief & { accountId: null } {
  const { name, type, cloudProvider, accountType, environment } = view;
  const { permissions, requiredGroupMembership, primaryAccount, challengeDestructiveActions } = view;
  return {
    name,
    type,
    cloudProvider,
    accountType,
    environment,
    permissions,
    requiredGroupMembership,
    primaryAccount,
    challengeDestructiveActions,
    accountId: null,
  };
}
