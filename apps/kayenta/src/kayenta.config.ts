import { readFileSync } from 'node:fs';
import { type Environment, InvalidInputError, isObject, messageOf, readSettings } from '@gennaker/kernel';
import { parse } from 'yaml';
import { z } from 'zod';
import { type AccountConfig, accountConfigSchema } from './accounts/account.schema.js';
import { METRIC_STORES } from './metric-stores/metric-stores.js';
import { DEFAULT_CLIENT } from './metric-stores/store-client.js';

const clientSchema = z.object({
  attempts: z.coerce.number().int().min(1).max(20).default(DEFAULT_CLIENT.attempts),
  backoffMs: z.coerce.number().int().min(1).default(DEFAULT_CLIENT.backoffMs),
  timeoutMs: z.coerce.number().int().min(100).default(DEFAULT_CLIENT.timeoutMs),
  totalMs: z.coerce.number().int().min(100).default(DEFAULT_CLIENT.totalMs),
  concurrency: z.coerce.number().int().min(1).max(200).default(DEFAULT_CLIENT.concurrency),
  maxBytes: z.coerce.number().int().min(1_024).default(DEFAULT_CLIENT.maxBytes),
});

export const kayentaConfigSchema = z.object({
  /** Accounts of metric stores. */
  accounts: z.array(accountConfigSchema).default([]),
  /** How metric stores are asked: see StoreClientOptions. */
  client: clientSchema.default(clientSchema.parse({})),
  /** Analyses at a time. */
  concurrency: z.coerce.number().int().min(1).max(200).default(10),
  /** Days after which measurements and ended analyses are forgotten; 0 keeps them. */
  retentionDays: z.coerce.number().min(0).default(90),
  relayIntervalMs: z.coerce.number().int().min(10).default(1_000),
  shutdownGraceMs: z.coerce.number().int().min(0).default(10_000),
  /** What callers have to show, as for every service that others call. */
  serviceToken: z.string().min(16, 'must have at least 16 characters').optional(),
});
export type KayentaConfig = z.infer<typeof kayentaConfigSchema>;

/**
 * Reads the settings from environment variables. KAYENTA_CONFIG names a YAML file with accounts as in Kayenta's own
 * (`kayenta.prometheus.accounts` and so on); KAYENTA_ACCOUNTS holds a list of accounts as JSON or YAML; and
 * KAYENTA_PROMETHEUS_URL alone is an account named `prometheus`.
 *
 * @param more accounts that are known without configuration
 * @throws InvalidInputError that names file and field
 */
export function kayentaConfigFrom(env: Environment, more: unknown[] = []): KayentaConfig {
  const file = env['KAYENTA_CONFIG'];
  const document = file === undefined || file === '' ? {} : readYaml(file);
  const url = env['KAYENTA_PROMETHEUS_URL'];
  const accounts: unknown[] = [
    ...accountsOf(document),
    ...inlineAccounts(env['KAYENTA_ACCOUNTS']),
    ...(url === undefined || url === ''
      ? []
      : [{ name: 'prometheus', type: 'prometheus', endpoint: { baseUrl: url } }]),
    ...more,
  ];
  return readSettings(
    kayentaConfigSchema,
    env,
    {
      concurrency: 'KAYENTA_CONCURRENCY',
      retentionDays: 'KAYENTA_RETENTION_DAYS',
      relayIntervalMs: 'RELAY_INTERVAL_MS',
      shutdownGraceMs: 'SHUTDOWN_GRACE_MS',
      serviceToken: 'GENNAKER_SERVICE_TOKEN',
    },
    { accounts, client: clientOf(env, document) },
  );
}

function inlineAccounts(text: string | undefined): unknown[] {
  if (text === undefined || text === '') return [];
  const refuse = (message: string): never => {
    throw new InvalidInputError('kayenta.invalid_settings', [{ path: 'KAYENTA_ACCOUNTS', message }]);
  };
  try {
    const accounts: unknown = parse(text);
    return Array.isArray(accounts) ? accounts : refuse('must be a list of accounts, as JSON or YAML');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    return refuse('is neither JSON nor YAML');
  }
}

function clientOf(env: Environment, document: Record<string, unknown>): z.infer<typeof clientSchema> {
  const { attempts, backoffPeriodMultiplierMs: backoffMs } = retryOf(document);
  return readSettings(
    clientSchema,
    env,
    {
      attempts: 'KAYENTA_METRICS_RETRY_ATTEMPTS',
      backoffMs: 'KAYENTA_METRICS_RETRY_BACKOFF_MS',
      timeoutMs: 'KAYENTA_METRICS_TIMEOUT_MS',
      totalMs: 'KAYENTA_METRICS_TOTAL_MS',
      concurrency: 'KAYENTA_METRICS_CONCURRENCY',
    },
    {
      ...(attempts !== undefined && !env['KAYENTA_METRICS_RETRY_ATTEMPTS'] && { attempts }),
      ...(backoffMs !== undefined && !env['KAYENTA_METRICS_RETRY_BACKOFF_MS'] && { backoffMs }),
    },
  );
}

function readYaml(file: string): Record<string, unknown> {
  try {
    const document: unknown = parse(readFileSync(file, 'utf8'));
    return isObject(document) ? document : {};
  } catch (error) {
    throw new InvalidInputError('kayenta.invalid_settings', `KAYENTA_CONFIG=${file}: ${messageOf(error)}`);
  }
}

function section(of: unknown, name: string): Record<string, unknown> {
  const value = isObject(of) ? of[name] : undefined;
  return isObject(value) ? value : {};
}

function retryOf(document: Record<string, unknown>): Record<string, unknown> {
  return section(section(section(document, 'kayenta'), 'metrics'), 'retry');
}

function accountsOf(document: Record<string, unknown>): AccountConfig[] {
  const kayenta = section(document, 'kayenta');
  const listed = Array.isArray(document['accounts']) ? (document['accounts'] as AccountConfig[]) : [];
  const sections = METRIC_STORES.flatMap(({ type, sections: names = [type] }) =>
    names.flatMap((name) => {
      const { enabled, accounts } = section(kayenta, name);
      if (enabled === false || !Array.isArray(accounts)) return [];
      return (accounts as Record<string, unknown>[]).map(
        (account) => ({ ...account, type }) as AccountConfig,
      );
    }),
  );
  return [...listed, ...sections];
}
