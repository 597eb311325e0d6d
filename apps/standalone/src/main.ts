import { EmbeddedServerError } from '@gennaker/embedded';
import { GennakerError } from '@gennaker/kernel';
import { startStorage, type Storage } from './embedded-storage.js';
import { startStack, type Stack } from './stack.js';
import { parseStandaloneConfig } from './standalone.config.js';
import { watchStopSignals } from './stop-signals.js';

const STOP_TIMEOUT_MS = 45_000;

// A terminal that is gone must not keep us from closing in order.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const print = (line: string) => console.log(line);
const signals = watchStopSignals(process, () => Date.now());
let storage: Storage | undefined;
let stack: Stack | undefined;

async function run(): Promise<void> {
  const config = parseStandaloneConfig(process.env);
  storage = await startStorage(config, print);
  const { databaseUrl, redisUrl } = storage;
  stack = await startStack({ databaseUrl, redisUrl, dataDir: config.dataDir, print });
  print(`Ready after ${process.uptime().toFixed(1)} s. Press Ctrl-C to stop.`);
}

/** Services first, since they need storage to finish or release what they hold; then Redis, then Postgres. */
async function close(): Promise<void> {
  await stack?.close();
  await storage?.close();
}

async function main(): Promise<number> {
  const running = run();
  const stopped = signals.requested.then(() => 'stop' as const);
  try {
    await Promise.race([running, stopped]);
    const storageFailed = storage?.failed ?? new Promise<never>(() => undefined);
    const reason = await Promise.race([stopped, storageFailed]);
    if (reason !== 'stop') throw new EmbeddedServerError('embedded.start_failed', reason);
    print('Stopping');
    // What is half started can only be stopped once it is started.
    await running.catch(() => undefined);
    await close();
    print('Stopped');
    return 0;
  } catch (error) {
    console.error(explain(error));
    await close();
    return 1;
  }
}

/** What we throw on purpose is one sentence for the person at the terminal; a stack trace would hide it. */
function explain(error: unknown): unknown {
  return error instanceof GennakerError ? error.message : error;
}

// An exit ends the embedded servers too, quickly and without loss: the kernel tells them.
void signals.forced.then(() => process.exit(130));
void signals.requested.then(() =>
  setTimeout(() => {
    console.error(`Not everything stopped within ${STOP_TIMEOUT_MS / 1000} s, ending anyway`);
    process.exit(1);
  }, STOP_TIMEOUT_MS).unref(),
);
process.exit(await main());
