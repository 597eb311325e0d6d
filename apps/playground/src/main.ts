import { writeFile } from 'node:fs/promises';
import { startPlayground } from '@gennaker/playground';
import { parsePlaygroundConfig } from './playground.config.js';

/** Runs the playground cluster alone until it gets SIGINT or SIGTERM. */
async function main(): Promise<void> {
  const config = parsePlaygroundConfig(process.env);
  const playground = await startPlayground({
    port: config.port,
    host: config.host,
    nodes: config.nodes,
    ...(config.dataFile === undefined ? {} : { dataFile: config.dataFile }),
    log: {
      info: (message) => process.stdout.write(`${message}\n`),
      error: (message, error) => process.stderr.write(`${message}: ${String(error)}\n`),
    },
  });
  if (config.kubeconfigFile === undefined) process.stdout.write(`${playground.kubeconfig()}\n`);
  else await writeFile(config.kubeconfigFile, playground.kubeconfig(), { mode: 0o600 });
  const stop = (): void => {
    void playground.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
