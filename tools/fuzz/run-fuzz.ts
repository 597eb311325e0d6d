import type { JsonObject } from '@gennaker/kernel';
import {
  type FuzzRequest,
  FuzzRequests,
  type KnownTexts,
  type Operation,
  operationsOf,
} from './fuzz-requests.js';
import { Random } from './random.js';

export interface FuzzAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

export interface FuzzOptions {
  document: JsonObject;
  seed: number;
  count: number;
  /** Requests under way at a time. */
  concurrency: number;
  known: KnownTexts;
  /** Throws when no answer came in time. */
  send: (request: FuzzRequest) => Promise<FuzzAnswer>;
  onProgress?: (done: number) => Promise<void> | void;
}

export interface FuzzReport {
  requests: number;
  operations: number;
  byStatus: Record<string, number>;
  /** At most a hundred. */
  failures: string[];
  failed: number;
}

const MAX_FAILURES = 100;
/** What a stack trace or a path of the server's looks like. */
const LEAK = /\bat (?:async )?[\w.<>]+ \(|node_modules\/|\.[jt]s:\d+:\d+|\/(?:libs|apps)\/\w+\/src\//;
/** Nothing is behind these while no cluster, judge or driver is: that is an answer, not a failure. */
const UNAVAILABLE = 503;

/** Sends requests to all operations of a document, one operation after the other, and looks at the answers. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const random = new Random(options.seed);
  const operations = operationsOf(options.document).filter(({ path }) => !/\/(live|stream)$/.test(path));
  const requests = new FuzzRequests(random, options.document, options.known);
  const report: FuzzReport = {
    requests: 0,
    operations: operations.length,
    byStatus: {},
    failures: [],
    failed: 0,
  };
  let made = 0;
  const worker = async (): Promise<void> => {
    while (made < options.count) {
      const operation = operations[made % operations.length] as Operation;
      made += 1;
      const request = requests.for(operation);
      const failure = await problemOf(request, options.send, report);
      if (failure !== undefined) {
        report.failed += 1;
        if (report.failures.length < MAX_FAILURES) report.failures.push(`${operation.path}: ${failure}`);
      }
      report.requests += 1;
      await options.onProgress?.(report.requests);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  return report;
}

async function problemOf(
  request: FuzzRequest,
  send: FuzzOptions['send'],
  report: FuzzReport,
): Promise<string | undefined> {
  const said = `${request.method} ${request.url.slice(0, 300)} ${JSON.stringify(request.headers)} ${request.body?.toString('utf8').slice(0, 500) ?? ''}`;
  let answer: FuzzAnswer;
  try {
    answer = await send(request);
  } catch (error) {
    report.byStatus.none = (report.byStatus.none ?? 0) + 1;
    return `${String(error)} for ${said}`;
  }
  const { status, headers, text } = answer;
  report.byStatus[status] = (report.byStatus[status] ?? 0) + 1;
  if (status >= 500 && status !== UNAVAILABLE) return `${status} ${text.slice(0, 300)} for ${said}`;
  if (status >= 400 && LEAK.test(text)) return `tells of its inside: ${LEAK.exec(text)?.[0]} for ${said}`;
  if ('x-evil' in headers) return `lets a header in for ${said}`;
  return undefined;
}
