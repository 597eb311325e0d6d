import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NotFoundError, UnavailableError, canonicalJson, messageOf } from '@gennaker/kernel';
import type { LiveBus } from '@gennaker/messaging';
import { logger } from '@gennaker/observability';
import type { AccountDefinition } from './account-definition.js';
import type { AccountStore } from './account-store.js';
import { KubernetesAccount, type KubernetesAccountOptions } from './kubernetes-account.js';

/** Something that calls itself an account, usable or not. */
export interface AccountEntry {
  name: string;
  /** Added over the API, and changeable there. */
  managed: boolean;
  /** Absent when not even the definition could be read. */
  definition: AccountDefinition | undefined;
  account: KubernetesAccount | undefined;
  /** Why there is no account. */
  error: string | undefined;
}

export interface AccountRegistryOptions extends KubernetesAccountOptions {
  /** Accounts of the configuration, read again at each reload. They win over managed accounts of the same name. */
  configured: () => Promise<ConfiguredAccount[]>;
  reloadMs: number;
  /** Called after every reload, with all there is. */
  onLoaded?: (entries: AccountEntry[]) => Promise<void>;
}

/** An account of the configuration, or why its definition is none. */
export type ConfiguredAccount =
  { name: string; definition: AccountDefinition } | { name: string; definition?: undefined; error: string };

/** Tells the registries of all replicas that a managed account has changed. */
const ACCOUNTS_STREAM = 'clouddriver-accounts';
/** Running requests may finish with the old credentials. */
const RETIRE_MS = 60_000;

const log = logger('accounts');

interface Known extends AccountEntry {
  fingerprint: string;
}

/**
 * All accounts: the configured ones and the managed ones. A changed definition, or a changed kubeconfig file, replaces
 * the account without a restart; a broken one is kept with its error and does not disturb the others.
 */
export class AccountRegistry {
  private entries = new Map<string, Known>();
  private readonly listeners = new Set<() => void>();
  private turn: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe = (): void => undefined;

  constructor(
    private readonly store: AccountStore,
    private readonly bus: LiveBus,
    private readonly options: AccountRegistryOptions,
  ) {}

  async start(): Promise<void> {
    await this.load();
    this.unsubscribe = this.bus.subscribe(({ stream }) => {
      if (stream === ACCOUNTS_STREAM) void this.reload();
    });
    this.timer = setInterval(() => void this.reload(), this.options.reloadMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.unsubscribe();
    clearInterval(this.timer);
    await this.turn;
    await Promise.all(this.list().map((account) => account.close()));
    this.entries.clear();
  }

  /** The usable accounts. */
  list(): KubernetesAccount[] {
    return [...this.entries.values()].flatMap(({ account }) => account ?? []);
  }

  /** Every account, the unusable ones included, by name. */
  all(): AccountEntry[] {
    return [...this.entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  entry(name: string): AccountEntry | undefined {
    return this.entries.get(name);
  }

  find(name: string): KubernetesAccount | undefined {
    return this.entries.get(name)?.account;
  }

  /** @throws NotFoundError for an unknown account, UnavailableError for one that is not usable at the moment. */
  get(name: string): KubernetesAccount {
    const entry = this.entries.get(name);
    if (entry === undefined)
      throw new NotFoundError('account.not_found', `there is no account named "${name}"`);
    if (entry.account === undefined) {
      throw new UnavailableError('account.unusable', `account ${name} cannot be used: ${entry.error ?? ''}`);
    }
    return entry.account;
  }

  /** Called after every reload that changed something. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads everything again, now. Never rejects: what cannot be read stays as it is. */
  reload(): Promise<void> {
    return this.load().catch((error: unknown) => log.error('cannot reload the accounts', { error }));
  }

  /** Reloads here, and tells the other replicas to. */
  async changed(now: number): Promise<void> {
    await this.load();
    this.bus.publish({ stream: ACCOUNTS_STREAM, version: now });
  }

  private load(): Promise<void> {
    const next = this.turn.then(() => this.read());
    this.turn = next.catch(() => undefined);
    return next;
  }

  private async read(): Promise<void> {
    const [configured, stored] = await Promise.all([this.options.configured(), this.store.all()]);
    const wanted = new Map<string, Known>();
    for (const { name, version, error } of stored.unreadable) {
      const fingerprint = `unreadable/${version}`;
      const managed = { name, managed: true, definition: undefined, account: undefined, fingerprint };
      wanted.set(name, { ...managed, error: messageOf(error) });
    }
    for (const { definition } of stored.accounts)
      wanted.set(definition.name, await this.known(definition, true));
    const seen = new Set<string>();
    for (const given of configured) {
      const { name } = given;
      if (seen.has(name)) {
        log.warn('an account is configured twice, the first one counts', { account: name });
        continue;
      }
      seen.add(name);
      wanted.set(
        name,
        given.definition ? await this.known(given.definition, false) : broken(name, given.error),
      );
    }
    const changed = this.replace(wanted);
    await this.options.onLoaded?.(this.all());
    if (changed) for (const listener of this.listeners) listener();
  }

  private async known(definition: AccountDefinition, managed: boolean): Promise<Known> {
    const fingerprint = await fingerprintOf(definition, managed);
    const present = this.entries.get(definition.name);
    if (present?.fingerprint === fingerprint && present.account !== undefined) return present;
    const base = { name: definition.name, managed, definition, fingerprint };
    try {
      const account = await KubernetesAccount.open(definition, managed, this.options);
      return { ...base, account, error: undefined };
    } catch (error) {
      log.warn('an account cannot be used', { account: definition.name, error: messageOf(error) });
      return { ...base, account: undefined, error: messageOf(error) };
    }
  }

  private replace(wanted: Map<string, Known>): boolean {
    const before = this.entries;
    this.entries = wanted;
    let changed = false;
    for (const [name, old] of before) {
      if (wanted.get(name) === old) continue;
      changed = true;
      if (old.account !== undefined) retire(old.account);
    }
    for (const name of wanted.keys()) changed ||= !before.has(name);
    return changed;
  }
}

function broken(name: string, error: string): Known {
  return { name, managed: false, definition: undefined, account: undefined, error, fingerprint: error };
}

function retire(account: KubernetesAccount): void {
  setTimeout(() => void account.close(), RETIRE_MS).unref();
}

/** Changes when the definition does, or the text of the kubeconfig it points to. */
async function fingerprintOf(definition: AccountDefinition, managed: boolean): Promise<string> {
  const hash = createHash('sha256').update(`${managed}\n`).update(canonicalJson(definition));
  if (definition.kubeconfigFile !== undefined) {
    hash.update(await readFile(definition.kubeconfigFile).catch(() => 'cannot be read'));
  }
  return hash.digest('hex');
}
