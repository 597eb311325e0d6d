/**
 * `node bench/peers/run.mjs [NAME…]`: the same durable work (runs of five short steps, each of which needs what the one
 * before it gave) on Gennaker, Restate, DBOS and a bare BullMQ flow, one after another on one machine. Gennaker and DBOS
 * use the same Postgres server, Gennaker and BullMQ the same Redis; both servers write durably. CPU is that of every
 * process that takes part: the engine's own, Postgres, Redis, the Restate server.
 */
import { fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild, ensurePackages, requireNode, say } from '../../tools/lib/prepare.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const ALL = ['gennaker', 'restate', 'dbos', 'bullmq'];
const seconds = Number(process.env.BENCH_SECONDS ?? 10);
const SETTINGS = {
  steps: 5,
  loads: [1, 32],
  poolSize: 20,
  warmUpMs: (seconds * 1_000) / 2,
  measureMs: seconds * 1_000,
};

requireNode();
await ensurePackages();
await ensureBuild();
if (!existsSync(join(here, 'node_modules'))) {
  say('installing the peers with npm ci');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: here,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : ALL;
const unknown = names.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ')}. There are ${ALL.join(', ')}.\n`);
  process.exit(1);
}

const { startBenchStorage } = await import('../../dist/bench/support/bench-stack.js');
const storage = await startBenchStorage();
try {
  const results = new Map();
  for (const name of names) results.set(name, await measure(name));
  print(results);
} finally {
  await storage.close();
}

async function measure(name) {
  say(`${name} …`);
  const folder = join(storage.folder, name);
  await mkdir(folder, { recursive: true });
  const settings = {
    ...SETTINGS,
    folder,
    databaseUrl: await storage.createDatabase(`peers_${name}`),
    redisUrl: storage.redisUrl,
    storagePids: storage.pids,
    inFlight: Math.max(...SETTINGS.loads),
  };
  const child = fork(join(here, 'contender.mjs'), [name], {
    execArgv: ['--max-semi-space-size=16'],
    env: { ...process.env, PEERS: JSON.stringify(settings) },
  });
  const rows = [];
  child.on('message', (row) => rows.push(row));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}`);
  return rows;
}

/** One line per engine and load, with its share of Gennaker's steps and CPU where that was measured. */
function print(results) {
  for (const [index, inFlight] of SETTINGS.loads.entries()) {
    console.log(`${inFlight} in flight`.padEnd(16) + 'steps/s'.padStart(10) + 'CPU ms/step'.padStart(14));
    const own = results.get('gennaker')?.[index];
    for (const [name, rows] of results) {
      const { steps, cpu } = rows[index];
      const against =
        own === undefined || name === 'gennaker'
          ? ''
          : `   Gennaker: ${(own.steps / steps).toFixed(2)} x the steps, ${(own.cpu / cpu).toFixed(2)} x the CPU`;
      console.log(
        `  ${name}`.padEnd(16) + steps.toFixed(0).padStart(10) + cpu.toFixed(3).padStart(14) + against,
      );
    }
  }
}
