import { type FakeAnswer, type FakeRequest, HttpFake } from '../http-fake.js';

export interface DatadogSeriesData {
  /** The query that finds it, for example `avg:system.cpu{app:web}`. */
  query: string;
  tags?: string[];
  /** Value at a time in milliseconds; undefined leaves the point out, null writes null. */
  valueAt(time: number): number | null | undefined;
}

export interface DatadogServerOptions {
  apiKey: string;
  applicationKey: string;
  series: DatadogSeriesData[];
  /** Requests that are answered before 429 comes; the count starts anew after a refusal. */
  rateLimit?: number;
}

const RATE_PERIOD_SECONDS = 10;

/** Speaks Datadog's API v1 for metrics: keys, validation, listing, queries with rollup, rate limits, errors. */
export class DatadogServer extends HttpFake {
  private left: number;

  constructor(private readonly options: DatadogServerOptions) {
    super((request) => this.respond(request));
    this.left = options.rateLimit ?? Infinity;
  }

  private respond(request: FakeRequest): FakeAnswer {
    const { apiKey, applicationKey, rateLimit } = this.options;
    const path = request.url.pathname;
    if (request.headers['dd-api-key'] !== apiKey) return { status: 403, body: { errors: ['Forbidden'] } };
    if (path === '/api/v1/validate') return { body: { valid: true } };
    if (request.headers['dd-application-key'] !== applicationKey) {
      return { status: 403, body: { errors: ['Forbidden'] } };
    }
    if (this.left-- <= 0) {
      this.left = rateLimit ?? Infinity;
      return {
        status: 429,
        headers: {
          'x-ratelimit-limit': String(rateLimit),
          'x-ratelimit-period': String(RATE_PERIOD_SECONDS),
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': '0',
        },
        body: { errors: [`Rate limit of ${rateLimit} requests in ${RATE_PERIOD_SECONDS} seconds reached.`] },
      };
    }
    if (path === '/api/v1/metrics') {
      const metrics = this.options.series.map(({ query }) => query.replace(/^\w+:|\{.*$/g, ''));
      return { body: { from: request.url.searchParams.get('from'), metrics: [...new Set(metrics)] } };
    }
    return path === '/api/v1/query'
      ? this.query(request.url.searchParams)
      : { status: 404, body: { errors: ['Not found'] } };
  }

  private query(parameters: URLSearchParams): FakeAnswer {
    const query = parameters.get('query') ?? '';
    const from = Number(parameters.get('from') ?? Number.NaN) * 1_000;
    const to = Number(parameters.get('to') ?? Number.NaN) * 1_000;
    if (!Number.isFinite(from) || !Number.isFinite(to)) {
      return { status: 400, body: { errors: ["The parameters 'from' and 'to' are required"] } };
    }
    if (!query.includes('{')) {
      return {
        status: 400,
        body: {
          errors: [`Error parsing query: unable to parse ${query}: Rule 'scope_expr' didn't match at ''`],
        },
      };
    }
    const interval = to - from <= 4 * 3_600_000 ? 60 : 300;
    const found = this.options.series.filter((series) => series.query === query);
    return {
      body: {
        status: 'ok',
        res_type: 'time_series',
        resp_version: 1,
        query,
        from_date: from,
        to_date: to,
        message: '',
        group_by: [...new Set(found.flatMap(({ tags = [] }) => tags.map((tag) => tag.split(':')[0])))],
        series: found.map((series) => this.seriesOf(series, from, to, interval)),
      },
    };
  }

  private seriesOf(
    { query, tags = [], valueAt }: DatadogSeriesData,
    from: number,
    to: number,
    interval: number,
  ): object {
    const pointlist: [number, number | null][] = [];
    const step = interval * 1_000;
    for (let time = Math.floor(from / step) * step; time < to; time += step) {
      const value = valueAt(time);
      if (value !== undefined) pointlist.push([time, value]);
    }
    return {
      metric: query.replace(/^\w+:|\{.*$/g, ''),
      display_name: query.replace(/^\w+:|\{.*$/g, ''),
      expression: query,
      scope: tags.join(',') || '*',
      tag_set: tags,
      aggr: 'avg',
      interval,
      length: pointlist.length,
      start: pointlist[0]?.[0] ?? from,
      end: (pointlist.at(-1)?.[0] ?? from) + step - 1,
      unit: null,
      query_index: 0,
      pointlist,
    };
  }
}
