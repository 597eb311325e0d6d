import { ConflictError, InvalidInputError, UnavailableError, type Clock } from '@gennaker/kernel';
import {
  parseAccountDefinition,
  REDACTED,
  redactAccountDefinition,
  type AccountDefinition,
} from './account-definition.js';
import type { Cipher } from '@gennaker/secrets';
import type { AccountRegistry } from './account-registry.js';
import type { AccountStore } from './account-store.js';
import { KubernetesAccount, type KubernetesAccountOptions } from './kubernetes-account.js';

export interface AccountChange {
  version: number;
  deleted: boolean;
  changedBy: string;
  changedAt: number;
  definition: AccountDefinition;
}

/** Adds, changes and removes accounts while everything runs. What it answers never holds credentials. */
export class AccountManager {
  constructor(
    private readonly registry: AccountRegistry,
    private readonly store: AccountStore,
    private readonly cipher: Cipher,
    private readonly clock: Clock,
    private readonly options: KubernetesAccountOptions,
  ) {}

  /** Stored definitions in the order of their names. */
  async list(after: string | undefined, limit: number): Promise<AccountDefinition[]> {
    const { accounts } = await this.store.all();
    return accounts
      .map(({ definition }) => definition)
      .filter(({ name }) => after === undefined || name >= after)
      .slice(0, limit)
      .map(redactAccountDefinition);
  }

  async history(name: string, limit: number, before?: number): Promise<AccountChange[]> {
    const versions = await this.store.history(name, limit, before);
    return versions.map((version) => ({
      ...version,
      definition: redactAccountDefinition(version.definition),
    }));
  }

  async create(input: unknown, by: string): Promise<AccountDefinition> {
    const definition = await this.check(input);
    const present = this.registry.entry(definition.name);
    if (present !== undefined) {
      const where = present.managed ? '' : ' in the configuration';
      throw new ConflictError(
        'account.exists',
        `there is already an account named ${definition.name}${where}`,
      );
    }
    await this.store.create(definition, by, this.clock.now());
    await this.registry.changed(this.clock.now());
    return redactAccountDefinition(definition);
  }

  /** Replaces a definition. A kubeconfig that is left out, or sent back as it was shown, stays what it is. */
  async update(input: unknown, by: string): Promise<AccountDefinition> {
    const definition = await this.check(await this.withStoredSecrets(input));
    this.refuseConfigured(definition.name);
    await this.store.update(definition, by, this.clock.now());
    await this.registry.changed(this.clock.now());
    return redactAccountDefinition(definition);
  }

  async remove(name: string, by: string): Promise<void> {
    this.refuseConfigured(name);
    await this.store.delete(name, by, this.clock.now());
    await this.registry.changed(this.clock.now());
  }

  private async check(input: unknown): Promise<AccountDefinition> {
    if (!this.cipher.ready) {
      throw new UnavailableError(
        'account.no_key',
        'accounts cannot be stored: set CLOUDDRIVER_ENCRYPTION_KEYS to a key of 32 bytes (openssl rand -base64 32)',
      );
    }
    const definition = parseAccountDefinition(input);
    if (definition.kubeconfigFile !== undefined) {
      throw new InvalidInputError('account.invalid', [
        { path: 'kubeconfigFile', message: 'names a file of the server: send kubeconfigContents instead' },
      ]);
    }
    // Refuses a kubeconfig that cannot be used. Whether the cluster answers shows in the account's health.
    const account = await KubernetesAccount.open(definition, true, this.options);
    await account.close();
    return definition;
  }

  private async withStoredSecrets(input: unknown): Promise<unknown> {
    const given = input as Partial<AccountDefinition> | null;
    const keeps = given?.kubeconfigContents === undefined || given.kubeconfigContents === REDACTED;
    if (given === null || typeof given !== 'object' || !keeps || given.serviceAccount === true) return input;
    const { accounts } = await this.store.all();
    const stored = accounts.find(({ definition }) => definition.name === given.name)?.definition;
    return { ...given, kubeconfigContents: stored?.kubeconfigContents };
  }

  private refuseConfigured(name: string): void {
    const entry = this.registry.entry(name);
    if (entry === undefined || entry.managed) return;
    throw new ConflictError('account.configured', `account ${name} is in the configuration: change it there`);
  }
}
