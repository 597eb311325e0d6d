import { expandTemplate } from '@gennaker/canary';
import { InvalidInputError, UnavailableError } from '@gennaker/kernel';
import { z } from 'zod';
import {
  defineMetricStore,
  type MetricDescriptor,
  type MetricRequest,
  type MetricStore,
  type MetricWindow,
  type StoreDependencies,
} from '../metric-store.js';
import { bindingsOf } from '../scope-bindings.js';
import { onGrid } from '../series.js';
import { StoreClient } from '../store-client.js';
import { datadogFailure, datadogSeries, stepOf } from './datadog-response.js';

const accountSchema = z.object({
  endpoint: z
    .object({ baseUrl: z.url({ protocol: /^https?$/ }) })
    .default({ baseUrl: 'https://api.datadoghq.com' }),
  apiKey: z.string(),
  applicationKey: z.string(),
});
type DatadogAccount = z.infer<typeof accountSchema>;

const metricsSchema = z.object({ metrics: z.array(z.string()) });
const validSchema = z.object({ valid: z.literal(true) });
const RECENT_MS = 24 * 3_600_000;

/** A template's text, else the metric over the scope, as Kayenta builds it (a missing scope reads `null`). */
export function datadogQuery({ canaryConfig, metric, scope }: MetricRequest): string {
  const query = metric.query ?? { type: 'datadog' };
  const template = expandTemplate(
    query,
    canaryConfig.templates,
    bindingsOf(['scope', 'location'], scope, query),
  );
  if (template !== undefined && template !== '') return template;
  if (query.metricName == null || query.metricName === '') {
    throw new InvalidInputError(
      'kayenta.invalid_query',
      'metricName, or a custom template, is required for Datadog.',
    );
  }
  return `${query.metricName}{${scope.scope ?? 'null'}}`;
}

class DatadogStore implements MetricStore {
  private readonly client: StoreClient;
  private readonly label: string;

  constructor(
    name: string,
    private readonly account: DatadogAccount,
    private readonly dependencies: StoreDependencies,
  ) {
    this.label = `Datadog account '${name}'`;
    this.client = new StoreClient(this.label, dependencies.client, datadogFailure);
  }

  buildQuery(request: MetricRequest): string {
    return datadogQuery(request);
  }

  /** Datadog chooses the interval of the answer itself; the sets carry that as their step. */
  async query(request: MetricRequest, window: MetricWindow, signal: AbortSignal) {
    const query = this.buildQuery(request);
    const seconds = (time: number) => String(Math.floor(time / 1_000));
    const body = await this.get(
      'api/v1/query',
      { from: seconds(window.start), to: seconds(window.end), query },
      signal,
    );
    const series = datadogSeries(body, this.label);
    const step = stepOf(series) ?? window.step;
    const start = Math.floor(window.start / step) * step;
    return onGrid(request.metric.name ?? '', query, series, { start, end: window.end, step });
  }

  async descriptors(contains: string, limit: number, signal: AbortSignal): Promise<MetricDescriptor[]> {
    const from = String(Math.floor((this.dependencies.clock.now() - RECENT_MS) / 1_000));
    const { metrics } = metricsSchema.parse(await this.get('api/v1/metrics', { from }, signal));
    const wanted = contains.toLowerCase();
    return metrics
      .filter((name) => name.toLowerCase().includes(wanted))
      .slice(0, limit)
      .map((name) => ({ name }));
  }

  async checkHealth(signal: AbortSignal): Promise<void> {
    const answer = validSchema.safeParse(await this.get('api/v1/validate', {}, signal));
    if (!answer.success) {
      throw new UnavailableError(
        'kayenta.metric_store_refused',
        `${this.label} says that the API key is not valid`,
      );
    }
  }

  private get(path: string, parameters: Record<string, string>, signal: AbortSignal): Promise<unknown> {
    const { baseUrl } = this.account.endpoint;
    const url = new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const headers = { 'dd-api-key': this.account.apiKey, 'dd-application-key': this.account.applicationKey };
    return this.client.json({ url, headers }, signal);
  }
}

export const datadogStore = defineMetricStore<DatadogAccount>({
  type: 'datadog',
  accountSchema,
  open: (name, account, dependencies) => new DatadogStore(name, account, dependencies),
});
