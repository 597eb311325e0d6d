import { readFile, stat } from 'node:fs/promises';
import { InvalidInputError, isObject, NotFoundError } from '@gennaker/kernel';
import { rememberSecret } from '@gennaker/observability';
import { parse } from 'yaml';
import { KubernetesSecrets } from './kubernetes-secrets.js';
import { checkSecretUse, type SecretUse } from './secret-policy.js';
import {
  isSecretReference,
  mapTexts,
  parseSecretReference,
  referencesIn,
  type SecretReference,
} from './secret-reference.js';
import type { SecretsConfig } from './secrets.config.js';

const MAX_FILE_BYTES = 1024 * 1024;
const CACHE_MS = 30_000;
const MAX_CACHED = 1_000;
const NEVER = new AbortController().signal;

/**
 * Looks up what references point to, when it is needed and in the memory of the process that needs it. Whatever it gives
 * is taken out of everything this process logs from then on.
 */
export class SecretResolver {
  private readonly kubernetes: KubernetesSecrets;
  private readonly cache = new Map<string, { value: string; until: number }>();

  constructor(
    private readonly config: SecretsConfig,
    private readonly now: () => number,
  ) {
    this.kubernetes = new KubernetesSecrets(config.kubeconfigFile, config.environment);
  }

  /**
   * The secret that a reference points to.
   *
   * @throws InvalidInputError for a reference that is none, AccessDeniedError, NotFoundError, UnavailableError; none of
   *   them holds anything of a secret
   */
  async resolve(reference: string, use: SecretUse, signal: AbortSignal = NEVER): Promise<string> {
    const parsed = parseSecretReference(reference);
    checkSecretUse(this.config.policy, parsed, use);
    const value = await this.read(parsed, signal);
    if (value === '') throw new NotFoundError('secrets.empty', `The secret ${reference} is empty`);
    rememberSecret(value);
    return value;
  }

  /** A copy of a value in which every text that is a reference, or holds some, is filled in. */
  async resolveAll<T>(value: T, use: SecretUse, signal: AbortSignal = NEVER): Promise<T> {
    const references = new Set<string>();
    mapTexts(value, (text) => {
      for (const reference of referencesIn(text)) references.add(reference);
      return text;
    });
    if (references.size === 0) return value;
    const found = new Map<string, string>();
    for (const reference of references) found.set(reference, await this.resolve(reference, use, signal));
    return mapTexts(value, (text) => {
      if (isSecretReference(text)) return found.get(text) ?? text;
      let filled = text;
      for (const reference of referencesIn(text))
        filled = filled.replace(reference, () => found.get(reference) ?? reference);
      if (filled !== text) rememberSecret(filled);
      return filled;
    }) as T;
  }

  private async read(reference: SecretReference, signal: AbortSignal): Promise<string> {
    switch (reference.engine) {
      case 'env': {
        const value = this.config.environment[reference.name];
        if (value === undefined)
          throw new NotFoundError('secrets.no_such_variable', `The variable ${reference.name} is not set`);
        return value;
      }
      case 'file':
        return fromFile(reference);
      case 'k8s':
        return this.fromKubernetes(reference, signal);
    }
  }

  private async fromKubernetes(
    reference: Extract<SecretReference, { engine: 'k8s' }>,
    signal: AbortSignal,
  ): Promise<string> {
    const key = JSON.stringify(reference);
    const known = this.cache.get(key);
    if (known !== undefined && known.until > this.now()) return known.value;
    const value = await this.kubernetes.read(reference, signal);
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    this.cache.set(key, { value, until: this.now() + CACHE_MS });
    return value;
  }
}

async function fromFile({ path, key }: Extract<SecretReference, { engine: 'file' }>): Promise<string> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new InvalidInputError('secrets.big_file', `The file ${path} is too big to be a secret`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new NotFoundError('secrets.no_such_file', `The file ${path} cannot be read`);
  }
  if (key === undefined) return text.replace(/\r?\n$/, '');
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw new InvalidInputError(
      'secrets.bad_file',
      `The file ${path} is neither JSON nor YAML, so it has no key ${key}`,
    );
  }
  for (const part of key.split('.'))
    value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new NotFoundError('secrets.no_such_key', `The file ${path} has no text at ${key}`);
}
