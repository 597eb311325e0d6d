import { createVerify, generateKeyPairSync } from 'node:crypto';
import { type FakeAnswer, type FakeRequest, HttpFake } from '../http-fake.js';

export interface StackdriverSeriesData {
  /** The filter that finds it, letter by letter. */
  filter: string;
  resourceLabels?: Record<string, string>;
  metricLabels?: Record<string, string>;
  valueType?: 'DOUBLE' | 'INT64';
  /** Value of the period that ends at this time (milliseconds); undefined leaves the point out. */
  valueAt(time: number): number | undefined;
}

export interface StackdriverServerOptions {
  project: string;
  series: StackdriverSeriesData[];
  /** Points on a page, whatever the client asks for. */
  pageSize?: number;
  metricTypes?: string[];
}

interface Page {
  series: StackdriverSeriesData;
  points: object[];
}

const TOKEN = 'token-of-the-test';
const CLIENT = 'canary@project.iam.gserviceaccount.com';

function failure(code: number, status: string, message: string): FakeAnswer {
  return { status: code, body: { error: { code, status, message } } };
}

/** Speaks Google's token endpoint (RFC 7523) and Cloud Monitoring v3: lists, alignment, paging, errors. */
export class StackdriverServer extends HttpFake {
  private readonly keys = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

  constructor(private readonly options: StackdriverServerOptions) {
    super((request) => this.respond(request));
  }

  /** What the key file of the service account holds. */
  keyFile(): string {
    return JSON.stringify({
      type: 'service_account',
      client_email: CLIENT,
      private_key: this.keys.privateKey,
      private_key_id: 'key-1',
      token_uri: `${this.url}/token`,
    });
  }

  private respond(request: FakeRequest): FakeAnswer {
    if (request.url.pathname === '/token') return this.token(request);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    }
    const collection = /^\/v3\/projects\/([^/]+)\/(\w+)$/.exec(request.url.pathname);
    if (collection?.[1] !== this.options.project) {
      return failure(404, 'NOT_FOUND', `Project ${collection?.[1]} was not found.`);
    }
    if (collection[2] === 'metricDescriptors') return this.descriptors(request.url.searchParams);
    return this.timeSeries(request.url.searchParams);
  }

  private token({ body }: FakeRequest): FakeAnswer {
    const form = new URLSearchParams(body);
    const assertion = form.get('assertion') ?? '';
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const known = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const valid = createVerify('RSA-SHA256')
      .update(`${header}.${claims}`)
      .verify(this.keys.publicKey, signature, 'base64url');
    const { iss, aud } = valid
      ? (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss: string; aud: string })
      : { iss: '', aud: '' };
    if (!known || iss !== CLIENT || aud !== `${this.url}/token`) {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
    }
    return { body: { access_token: TOKEN, expires_in: 3_599, token_type: 'Bearer' } };
  }

  private descriptors(parameters: URLSearchParams): FakeAnswer {
    const types = this.options.metricTypes ?? [];
    const from = Number(parameters.get('pageToken') ?? 0);
    const size = Math.min(Number(parameters.get('pageSize') ?? 100), this.options.pageSize ?? 100);
    const page = types.slice(from, from + size);
    return {
      body: {
        metricDescriptors: page.map((type) => ({
          name: `projects/p/metricDescriptors/${type}`,
          type,
          valueType: 'DOUBLE',
        })),
        ...(from + size < types.length && { nextPageToken: String(from + size) }),
      },
    };
  }

  private timeSeries(parameters: URLSearchParams): FakeAnswer {
    const start = Date.parse(parameters.get('interval.startTime') ?? '');
    const end = Date.parse(parameters.get('interval.endTime') ?? '');
    const period = Number((parameters.get('aggregation.alignmentPeriod') ?? '60s').replace('s', '')) * 1_000;
    if (Number.isNaN(end))
      return failure(400, 'INVALID_ARGUMENT', 'Field interval.endTime had an invalid value.');
    if (period < 60_000) {
      return failure(
        400,
        'INVALID_ARGUMENT',
        'Field aggregation.alignmentPeriod.seconds had an invalid value: must be at least 60.',
      );
    }
    const filter = parameters.get('filter') ?? '';
    if (!filter.startsWith('metric.type='))
      return failure(400, 'INVALID_ARGUMENT', `Field filter had an invalid value of "${filter}".`);
    const pages = this.pagesOf(filter, { start, end, period });
    const index = Number(parameters.get('pageToken') ?? 0);
    const page = pages[index] ?? [];
    return {
      body: {
        timeSeries: page.map(({ series, points }) => ({
          metric: { type: 'm', labels: series.metricLabels ?? {} },
          resource: { type: 'r', labels: { project_id: this.options.project, ...series.resourceLabels } },
          metricKind: 'GAUGE',
          valueType: series.valueType ?? 'DOUBLE',
          points,
        })),
        ...(index + 1 < pages.length && { nextPageToken: String(index + 1) }),
        unit: '1',
      },
    };
  }

  /** Points newest first; a page is full when it holds `pageSize` of them, and a series may go on on the next. */
  private pagesOf(
    filter: string,
    { start, end, period }: { start: number; end: number; period: number },
  ): Page[][] {
    const size = this.options.pageSize ?? 100_000;
    const pages: Page[][] = [[]];
    let room = size;
    for (const series of this.options.series.filter((s) => s.filter === filter)) {
      let points: object[] = [];
      const flush = () => {
        if (points.length > 0) pages.at(-1)!.push({ series, points });
        points = [];
      };
      for (let time = end; time > start; time -= period) {
        const value = series.valueAt(time);
        if (value === undefined) continue;
        if (room === 0) {
          flush();
          pages.push([]);
          room = size;
        }
        const instant = new Date(time).toISOString();
        points.push({
          interval: { startTime: instant, endTime: instant },
          value: series.valueType === 'INT64' ? { int64Value: String(value) } : { doubleValue: value },
        });
        room--;
      }
      flush();
    }
    return pages;
  }
}
