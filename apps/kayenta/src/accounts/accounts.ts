import { type AccountUse, type CanaryAccount, resolveCanaryAccount } from '@gennaker/canary';
import { type Clock, InvalidInputError, messageOf, withTimeLimit } from '@gennaker/kernel';
import { refersToSecrets, type SecretResolver } from '@gennaker/secrets';
import { METRIC_STORES } from '../metric-stores/metric-stores.js';
import type { MetricStore, StoreDependencies } from '../metric-stores/metric-store.js';
import type { StoreClientOptions } from '../metric-stores/store-client.js';
import type { AccountConfig } from './account.schema.js';
import { LateStore } from './late-store.js';

/** An account that can be used. The store is there for accounts of metric stores. */
export interface Account extends CanaryAccount {
  store?: MetricStore;
}

/** The accounts that a request names. */
export interface AccountNames {
  metricsAccountName?: string;
  configurationAccountName?: string;
  storageAccountName?: string;
}

export interface AccountHealthView {
  status: 'UP' | 'DOWN';
  message?: string;
  checkedAt: number;
}

/** Configs and results are kept in the product's own database, under this name. */
const OWN_STORAGE: Account = {
  name: 'postgres',
  type: 'sql',
  supportedTypes: ['OBJECT_STORE', 'CONFIGURATION_STORE'],
  locations: [],
  recommendedLocations: [],
};

const HEALTH_FOR_MS = 60_000;
const HEALTH_TIMEOUT_MS = 5_000;

/** The configured accounts by name. */
export class Accounts {
  private readonly accounts: Account[];
  private readonly health = new Map<string, AccountHealthView>();

  /** @throws InvalidInputError that names the account and the field that is wrong */
  constructor(
    configs: AccountConfig[],
    client: StoreClientOptions,
    private readonly clock: Clock,
    secrets: SecretResolver,
  ) {
    const dependencies = { clock, client };
    this.accounts = [...configs.map((config) => openAccount(config, dependencies, secrets)), OWN_STORAGE];
    const names = this.accounts.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) refuse(`accounts[${twice}].name`, 'is used by two accounts');
  }

  all(): readonly Account[] {
    return this.accounts;
  }

  metricStores(): Account[] {
    return this.accounts.filter(({ store }) => store !== undefined);
  }

  /** Refuses names of accounts that cannot be used so, also where any account would do. @throws InvalidInputError */
  requireKnown({ metricsAccountName, configurationAccountName, storageAccountName }: AccountNames): void {
    if (metricsAccountName !== undefined) this.resolve('METRICS_STORE', metricsAccountName);
    if (configurationAccountName !== undefined) this.resolve('CONFIGURATION_STORE', configurationAccountName);
    if (storageAccountName !== undefined) this.resolve('OBJECT_STORE', storageAccountName);
  }

  /** As `resolveCanaryAccount` says. @throws InvalidInputError */
  resolve(use: AccountUse, name: string | null | undefined, preferredType?: string | null): Account {
    return resolveCanaryAccount(this.accounts, use, name, preferredType);
  }

  /** @throws InvalidInputError in Kayenta's words */
  metricStore(
    name: string | null | undefined,
    preferredType?: string | null,
  ): Account & { store: MetricStore } {
    const account = this.resolve('METRICS_STORE', name, preferredType);
    if (account.store === undefined) {
      throw new InvalidInputError(
        'kayenta.unknown_account',
        `Account ${account.name} is not one of a metric store.`,
      );
    }
    return { ...account, store: account.store };
  }

  /** Whether some account can answer queries of this type. */
  hasStoreFor(queryType: string): boolean {
    return this.metricStores().some(({ type }) => type === queryType);
  }

  /** How a metric store is; asked at most once a minute. */
  async healthOf(name: string): Promise<AccountHealthView | undefined> {
    const store = this.accounts.find((account) => account.name === name)?.store;
    if (store === undefined) return undefined;
    const known = this.health.get(name);
    const now = this.clock.now();
    if (known !== undefined && known.checkedAt + HEALTH_FOR_MS > now) return known;
    const view: AccountHealthView = await withTimeLimit(HEALTH_TIMEOUT_MS, undefined, (signal) =>
      store.checkHealth(signal),
    ).then(
      () => ({ status: 'UP' as const, checkedAt: now }),
      (error: unknown) => ({ status: 'DOWN' as const, message: messageOf(error), checkedAt: now }),
    );
    this.health.set(name, view);
    return view;
  }
}

function refuse(path: string, message: string): never {
  throw new InvalidInputError('kayenta.invalid_account', [{ path, message }]);
}

function openAccount(
  config: AccountConfig,
  dependencies: StoreDependencies,
  secrets: SecretResolver,
): Account {
  const { name, type, supportedTypes, locations, recommendedLocations, ...fields } = config;
  const kind = METRIC_STORES.find((store) => store.type === type);
  if (kind === undefined) {
    const known = METRIC_STORES.map((store) => store.type).join(', ');
    return refuse(`accounts[${name}].type`, `'${type}' is not a metric store that is known: ${known}`);
  }
  const account = kind.accountSchema.safeParse(fields);
  if (!account.success) {
    const [issue] = account.error.issues;
    return refuse(`accounts[${name}].${issue?.path.join('.')}`, issue?.message ?? 'is not valid');
  }
  const store = refersToSecrets(account.data)
    ? new LateStore(kind, name, account.data, dependencies, secrets)
    : kind.open(name, account.data, dependencies);
  return { name, type, supportedTypes, locations, recommendedLocations, store };
}
