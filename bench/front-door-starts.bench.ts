import { quantile, row } from './support/bench-stack.js';
import { cpuMsOf } from './support/cpu.js';
import { openFrontDoor, savePipelines, start } from './support/front-door.js';

const PER_SECOND = 100;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 20);
const COUNT = PER_SECOND * SECONDS;
const GIVEN_UP_MS = 120_000;

const door = await openFrontDoor();
const { pool } = door.stack.platform.database;
try {
  const names = await savePipelines(door, 20);
  for (const name of names) await start(door, name);

  // Started by the clock, not by the answers: a slow answer holds nobody up.
  const times: number[] = [];
  const failures: string[] = [];
  const ids: string[] = [];
  const open: Promise<void>[] = [];
  const pids = [process.pid, ...door.stack.pids];
  const cpu = cpuMsOf(pids);
  const began = performance.now();
  for (let n = 0; n < COUNT; n += 1) {
    const due = began + (n * 1_000) / PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    open.push(
      start(door, names[n % names.length]!).then(
        (id) => {
          ids.push(id);
          times.push(performance.now() - due);
        },
        (error: unknown) => void failures.push(String(error)),
      ),
    );
  }
  await Promise.all(open);
  const seconds = (performance.now() - began) / 1_000;
  row(`${COUNT} starts, due ${PER_SECOND} a second`, `${(ids.length / seconds).toFixed(1)}/s`);
  row('answered after it was due (ms p50, p99)', quantile(times, 0.5), quantile(times, 0.99));

  const ended = async (): Promise<Map<string, number>> => {
    const { rows } = await pool.query<{ status: string; n: number }>(
      'select status, count(*)::int as n from orca.execution where id = any($1) group by status',
      [ids],
    );
    return new Map(rows.map(({ status, n }) => [status, n]));
  };
  const end = performance.now() + GIVEN_UP_MS;
  let found = await ended();
  while ((found.get('SUCCEEDED') ?? 0) < ids.length && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    found = await ended();
  }
  row('all ended after the last start (s)', (performance.now() - began) / 1_000 - seconds);
  row('CPU a start and its six stages, client included (ms)', (cpuMsOf(pids) - cpu) / COUNT);
  const lost = COUNT - (found.get('SUCCEEDED') ?? 0);
  console.log(
    `${failures.length} refused, ${lost} lost: ${[...found].map(([status, n]) => `${n} ${status}`).join(', ')}`,
  );
  for (const failure of failures.slice(0, 3)) console.log(failure);
} finally {
  await door.close();
}
process.exit(0);
