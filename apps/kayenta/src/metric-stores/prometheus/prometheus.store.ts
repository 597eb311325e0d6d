import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  defineMetricStore,
  type MetricDescriptor,
  type MetricRequest,
  type MetricStore,
  type MetricWindow,
  type StoreDependencies,
} from '../metric-store.js';
import { onGrid } from '../series.js';
import { StoreClient } from '../store-client.js';
import { prometheusQuery } from './prometheus-query.js';
import { parsePrometheus } from './prometheus-json.js';
import { prometheusFailure, prometheusSeries } from './prometheus-response.js';

const accountSchema = z.object({
  endpoint: z.object({ baseUrl: z.url({ protocol: /^https?$/ }) }),
  username: z.string().optional(),
  password: z.string().optional(),
  /** File with `user:password`; goes before the bearer token, which goes before user and password. */
  usernamePasswordFile: z.string().optional(),
  bearerToken: z.string().optional(),
  /** Sent with every request; for VictoriaMetrics, Thanos and other stores that speak Prometheus' API. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent as X-Scope-OrgID, by which Mimir, Cortex and Loki tell tenants apart. */
  tenant: z.string().optional(),
  scopeLabel: z.string().default('instance'),
  /** Milliseconds for which the names of metrics are remembered. */
  metadataCachingIntervalMs: z.number().int().min(0).default(60_000),
});
type PrometheusAccount = z.infer<typeof accountSchema>;

const namesSchema = z.object({ data: z.array(z.string()) });

class PrometheusStore implements MetricStore {
  private readonly client: StoreClient;
  private readonly label: string;
  private known: { names: string[]; until: number } | undefined;

  constructor(
    name: string,
    private readonly account: PrometheusAccount,
    private readonly dependencies: StoreDependencies,
  ) {
    this.label = `Prometheus account '${name}'`;
    this.client = new StoreClient(this.label, dependencies.client, prometheusFailure, parsePrometheus);
  }

  buildQuery(request: MetricRequest): string {
    return prometheusQuery(request, this.account.scopeLabel);
  }

  async query(request: MetricRequest, window: MetricWindow, signal: AbortSignal) {
    const query = this.buildQuery(request);
    const body = await this.get(
      'api/v1/query_range',
      {
        query,
        start: new Date(window.start).toISOString(),
        end: new Date(window.end).toISOString(),
        step: String(window.step / 1_000),
      },
      signal,
    );
    return onGrid(request.metric.name ?? '', query, prometheusSeries(body, this.label), window);
  }

  async descriptors(contains: string, limit: number, signal: AbortSignal): Promise<MetricDescriptor[]> {
    const wanted = contains.toLowerCase();
    const names = await this.names(signal);
    return names
      .filter((name) => name.toLowerCase().includes(wanted))
      .slice(0, limit)
      .map((name) => ({ name }));
  }

  /** A query that every store of this family answers; /-/healthy is Prometheus' own. */
  async checkHealth(signal: AbortSignal): Promise<void> {
    await this.get('api/v1/query', { query: 'vector(1)' }, signal);
  }

  private async names(signal: AbortSignal): Promise<string[]> {
    const now = this.dependencies.clock.now();
    if (this.known === undefined || this.known.until <= now) {
      const body = await this.get('api/v1/label/__name__/values', {}, signal);
      const names = namesSchema.parse(body).data;
      this.known = { names, until: now + this.account.metadataCachingIntervalMs };
    }
    return this.known.names;
  }

  private get(path: string, parameters: Record<string, string>, signal: AbortSignal): Promise<unknown> {
    const { baseUrl } = this.account.endpoint;
    const url = new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return this.client.json({ url, headers: this.headers() }, signal);
  }

  private headers(): Record<string, string> {
    const { headers, tenant } = this.account;
    const authorization = this.authorization();
    return {
      ...headers,
      ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  private authorization(): string | undefined {
    const { usernamePasswordFile, bearerToken, username, password } = this.account;
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    if (usernamePasswordFile !== undefined) return basic(readFileSync(usernamePasswordFile, 'utf8').trim());
    if (bearerToken !== undefined) return `Bearer ${bearerToken}`;
    return username === undefined ? undefined : basic(`${username}:${password ?? ''}`);
  }
}

/** Prometheus, and what speaks its API: VictoriaMetrics, Thanos, Mimir, Cortex. */
export const prometheusStore = defineMetricStore<PrometheusAccount>({
  type: 'prometheus',
  accountSchema,
  open: (name, account, dependencies) => new PrometheusStore(name, account, dependencies),
});
