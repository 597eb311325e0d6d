import { EmbeddedServerError } from '@gennaker/embedded';
import { watchStopSignals } from '@gennaker/http';
import { GennakerError } from '@gennaker/kernel';
import { gateConfigFrom } from '../../gate/src/gate.config.js';
import { startStorage, type Storage } from './embedded-storage.js';
import { exampleExists, type ExampleOptions, runExample, seedExample } from './example/example.js';
import { requirePorts } from './ports.js';
import { kubeconfigPath, startStack, type Stack } from './stack.js';
import { parseStandaloneConfig, type StandaloneConfig } from './standalone.config.js';
import { terminalQuestion } from './terminal.js';

const STOP_TIMEOUT_MS = 45_000;

// A terminal that is gone must not keep us from closing in order.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const print = (line: string) => console.log(line);
const signals = watchStopSignals(process, () => Date.now());
const stopping = new AbortController();
let storage: Storage | undefined;
let stack: Stack | undefined;

async function run(): Promise<void> {
  const config = parseStandaloneConfig(process.env);
  await requirePorts(config, gateConfigFrom(process.env));
  storage = await startStorage(config, print);
  const { databaseUrl, redisUrl } = storage;
  const { dataDir, playgroundPort } = config;
  stack = await startStack({
    databaseUrl,
    redisUrl,
    dataDir,
    playgroundPort,
    environment: process.env,
    print,
  });
  printUrls(stack, config);
  print(`Ready after ${process.uptime().toFixed(1)} s. Press Ctrl-C to stop.`);
  if (stack.playground !== undefined) void showExample(stack);
}

function printUrls({ url, playground }: Stack, { dataDir }: StandaloneConfig): void {
  print(`Front door: ${url} (API description: ${url}/swagger-ui)`);
  if (playground === undefined) return;
  print(`Playground cluster: ${playground.url}, a simulation for trying things out`);
  print(`  kubectl --kubeconfig ${kubeconfigPath(dataDir)} get pods -A`);
}

/** On the first start there is something to see at once. */
async function showExample({ url, platform }: Stack): Promise<void> {
  const { signal } = stopping;
  const ask = terminalQuestion(process.stdin, process.stdout, signal);
  const options: ExampleOptions = { gate: { url, signal }, platform, print, signal, ...(ask && { ask }) };
  try {
    if (await exampleExists(options)) return;
    await seedExample(options);
    const started = process.uptime();
    const status = await runExample(options);
    if (signal.aborted) return;
    print(
      `Example: ${status} after ${(process.uptime() - started).toFixed(1)} s; ${process.uptime().toFixed(1)} s since the start`,
    );
  } catch (error) {
    if (!signal.aborted) console.error(explain(error));
  }
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
    stopping.abort();
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
