import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { catalogMigrations } from '@gennaker/catalog';
import { operationMigrations } from '@gennaker/operation';
import { orcaConfigSchema } from '../apps/orca/src/orca.config.js';
import { OrcaService } from '../apps/orca/src/orca.service.js';
import { type BenchStack, quantile, row, startBenchStack } from './support/bench-stack.js';
import { allEnded, line, submit } from './support/executions.js';

/**
 * What an application notices of a flood of 1,000 executions of another one: how long its own executions take, idle and
 * behind the flood. One flood keeps the workers busy, the other one only keeps their room: each of its executions waits
 * for a slow server.
 */
const FLOOD = 1_000;
const CONCURRENCY = 50;
const SLOW_MS = 500;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds from the request to the end of executions of ten stages, one after another until `done`. */
async function latencies(stack: BenchStack, done: () => boolean): Promise<number[]> {
  const samples: number[] = [];
  while (!done()) {
    const started = performance.now();
    await allEnded(stack.platform, [await submit(stack.platform, line(10), 'small')]);
    samples.push(performance.now() - started);
    await sleep(20);
  }
  return samples;
}

async function measure(stack: BenchStack, what: string, stages: object[]): Promise<void> {
  const ids = await Promise.all(Array.from({ length: FLOOD }, () => submit(stack.platform, stages, 'flood')));
  const started = performance.now();
  let over = false;
  const flood = allEnded(stack.platform, ids).then(() => {
    over = true;
  });
  const samples = await latencies(stack, () => over);
  await flood;
  const seconds = (performance.now() - started) / 1_000;
  row(what, quantile(samples, 0.5), quantile(samples, 0.99), samples.length, `${seconds.toFixed(1)} s`);
}

const server = createServer((_request, response) => {
  setTimeout(() => response.end('{}'), SLOW_MS);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const stack = await startBenchStack([operationMigrations, catalogMigrations]);
const config = orcaConfigSchema.parse({ concurrency: CONCURRENCY, http: { allowPrivateAddresses: true } });
const orca = new OrcaService(stack.platform, config);
orca.start();
await latencies(stack, countdown(20));

row('executions of ten stages, in milliseconds', 'p50', 'p99', 'executions', 'flood ends');
const idle = await latencies(stack, countdown(50));
row('idle', quantile(idle, 0.5), quantile(idle, 0.99), idle.length);
await measure(stack, `behind ${FLOOD} executions of ten stages`, line(10));
await measure(stack, `behind ${FLOOD} webhooks of ${SLOW_MS} ms`, [{ refId: '1', type: 'webhook', url }]);

await orca.stop();
await stack.close();
server.close();

function countdown(count: number): () => boolean {
  let left = count;
  return () => left-- <= 0;
}
