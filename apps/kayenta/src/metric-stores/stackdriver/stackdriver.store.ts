import { z } from 'zod';
import {
  defineMetricStore,
  type MetricDescriptor,
  type MetricRequest,
  type MetricStore,
  type MetricWindow,
  type StoreDependencies,
} from '../metric-store.js';
import { filled } from '../scope-bindings.js';
import { onGrid, type Series } from '../series.js';
import { StoreClient } from '../store-client.js';
import { GoogleToken } from './google-token.js';
import { stackdriverFilter } from './stackdriver-query.js';
import { googleFailure, stackdriverPage } from './stackdriver-response.js';

const accountSchema = z.object({
  project: z.string(),
  /** Key file of a service account; without it the machine's own account is used. */
  jsonPath: z.string().optional(),
  endpoint: z
    .object({ baseUrl: z.url({ protocol: /^https?$/ }) })
    .default({ baseUrl: 'https://monitoring.googleapis.com' }),
});
type StackdriverAccount = z.infer<typeof accountSchema>;

const descriptorsSchema = z.object({
  metricDescriptors: z.array(z.looseObject({ type: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

const PAGE_SIZE = 1_000;
/** More pages than this are not an answer that anyone meant to ask for. */
const MAX_PAGES = 100;

class StackdriverStore implements MetricStore {
  private readonly client: StoreClient;
  private readonly token: GoogleToken;
  private readonly label: string;

  constructor(
    name: string,
    private readonly account: StackdriverAccount,
    { clock, client }: StoreDependencies,
  ) {
    this.label = `Stackdriver account '${name}'`;
    this.client = new StoreClient(this.label, client, googleFailure);
    this.token = new GoogleToken(account.jsonPath, this.client, clock);
  }

  /** Filter only, as Kayenta shows it; aligner, reducer and groups go beside it. */
  buildQuery(request: MetricRequest): string {
    return stackdriverFilter(request, this.account.project);
  }

  async query(request: MetricRequest, window: MetricWindow, signal: AbortSignal) {
    const filter = this.buildQuery(request);
    const query = request.metric.query ?? { type: 'stackdriver' };
    const extended = request.scope.extendedScopeParams ?? {};
    const chosen = (key: 'crossSeriesReducer' | 'perSeriesAligner', fallback: string) =>
      filled(query[key]) ?? filled(extended[key]) ?? fallback;
    const parameters = new URLSearchParams({
      filter,
      'interval.startTime': new Date(window.start).toISOString(),
      'interval.endTime': new Date(window.end).toISOString(),
      'aggregation.alignmentPeriod': `${window.step / 1_000}s`,
      'aggregation.crossSeriesReducer': chosen('crossSeriesReducer', 'REDUCE_MEAN'),
      'aggregation.perSeriesAligner': chosen('perSeriesAligner', 'ALIGN_MEAN'),
      view: 'FULL',
      pageSize: String(PAGE_SIZE),
    });
    for (const field of query.groupByFields ?? []) parameters.append('aggregation.groupByFields', field);

    const series: Series[] = [];
    await this.pages('timeSeries', parameters, signal, (body) => {
      const page = stackdriverPage(body, this.label);
      series.push(...page.series);
      return page.next;
    });
    // An aligned point carries the end of its period; the place on the grid is that of its beginning.
    const shifted = joined(series).map((s) => ({
      ...s,
      times: Array.from(s.times, (time) => time - window.step),
    }));
    return onGrid(request.metric.name ?? '', filter, shifted, window);
  }

  async descriptors(contains: string, limit: number, signal: AbortSignal): Promise<MetricDescriptor[]> {
    const found: MetricDescriptor[] = [];
    const wanted = contains.toLowerCase();
    await this.pages('metricDescriptors', new URLSearchParams({ pageSize: '1000' }), signal, (body) => {
      const page = descriptorsSchema.parse(body);
      for (const descriptor of page.metricDescriptors) {
        if (descriptor.type.toLowerCase().includes(wanted))
          found.push({ ...descriptor, name: descriptor.type });
      }
      return found.length >= limit ? undefined : page.nextPageToken;
    });
    return found.slice(0, limit);
  }

  async checkHealth(signal: AbortSignal): Promise<void> {
    const parameters = new URLSearchParams({ pageSize: '1' });
    await this.pages('metricDescriptors', parameters, signal, () => undefined);
  }

  private async pages(
    collection: string,
    parameters: URLSearchParams,
    signal: AbortSignal,
    take: (body: unknown) => string | undefined,
  ): Promise<void> {
    const { project, endpoint } = this.account;
    const url = new URL(`v3/projects/${encodeURIComponent(project)}/${collection}`, `${endpoint.baseUrl}/`);
    url.search = parameters.toString();
    for (let page = 0; page < MAX_PAGES; page++) {
      const authorization = `Bearer ${await this.token.get(signal)}`;
      const next = take(await this.client.json({ url, headers: { authorization } }, signal));
      if (next === undefined || next === '') return;
      url.searchParams.set('pageToken', next);
    }
  }
}

/** A long series may be cut over pages; its parts have the same labels, the later page holding the older points. */
function joined(series: Series[]): Series[] {
  const byTags = new Map<string, Series>();
  for (const part of series) {
    const key = JSON.stringify(Object.entries(part.tags).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = byTags.get(key);
    if (known === undefined) byTags.set(key, part);
    else
      byTags.set(key, {
        ...known,
        times: [...part.times, ...known.times],
        values: [...part.values, ...known.values],
      });
  }
  return [...byTags.values()];
}

/** Google Cloud Monitoring, once called Stackdriver. */
export const stackdriverStore = defineMetricStore<StackdriverAccount>({
  type: 'stackdriver',
  sections: ['stackdriver', 'google'],
  accountSchema,
  open: (name, account, dependencies) => new StackdriverStore(name, account, dependencies),
});
