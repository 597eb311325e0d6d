import { isObject, withTimeLimit } from '@gennaker/kernel';
import { Agent, request } from 'undici';
import type { FuzzAnswer, FuzzReport } from './run-fuzz.js';
import { runFuzz } from './run-fuzz.js';
import { seedInstallation } from './seed.js';

/**
 * Sends seeded requests to all operations of a running product and fails on what must not be: an error of ours, no
 * answer in time, a stack trace, memory that grows. `npm run fuzz -- --url http://localhost:8084 --seed 1 --count 20000`
 */
const HANG_MS = 15_000;
const CONCURRENCY = 16;
/** Growth of memory after the first quarter of the requests that is called growth. */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;

const agent = new Agent({ connections: CONCURRENCY, pipelining: 1 });

function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return process.argv[at + 1] !== undefined && at !== -1 ? String(process.argv[at + 1]) : fallback;
}

const base = option('url', 'http://localhost:8084');
const seed = Number(option('seed', '1'));
const count = Number(option('count', '20000'));

async function send(asked: {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Buffer;
}): Promise<FuzzAnswer> {
  return withTimeLimit(HANG_MS, undefined, async (signal) => {
    const answer = await request(`${base}${asked.url}`, {
      method: asked.method as 'GET',
      headers: asked.headers ?? {},
      body: asked.body ?? null,
      dispatcher: agent,
      signal,
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  });
}

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const json =
    body === undefined
      ? {}
      : { body: Buffer.from(JSON.stringify(body)), headers: { 'content-type': 'application/json' } };
  const { status, text } = await send({ method, url: path, ...json });
  if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

async function memory(): Promise<number> {
  const { text } = await send({ method: 'GET', url: '/metrics' });
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1] ?? Number.NaN);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

async function main(): Promise<number> {
  const document = await call('GET', '/v3/api-docs');
  if (!isObject(document)) throw new Error('There is no OpenAPI document');
  const known = await seedInstallation(call);
  const samples: number[] = [await memory()];
  const started = performance.now();
  const report: FuzzReport = await runFuzz({
    document,
    seed,
    count,
    concurrency: CONCURRENCY,
    known,
    send,
    onProgress: async (done) => {
      if (done % Math.ceil(count / 20) !== 0) return;
      samples.push(await memory());
      console.log(`${done} requests, memory ${megabytes(samples.at(-1) ?? 0)}`);
    },
  });
  const seconds = (performance.now() - started) / 1_000;
  const warm = samples[Math.floor(samples.length / 4)] ?? 0;
  const growth = (samples.at(-1) ?? 0) - warm;
  console.log(
    `${report.requests} requests to ${report.operations} operations in ${seconds.toFixed(0)} s, seed ${seed}: ${JSON.stringify(report.byStatus)}`,
  );
  console.log(`memory ${samples.map(megabytes).join(', ')}`);
  for (const failure of report.failures) console.log(failure);
  console.log(`${report.failed} failures, ${megabytes(growth)} more memory after the first quarter`);
  return report.failed > 0 || growth > MAX_GROWTH_BYTES ? 1 : 0;
}

process.exit(await main());
