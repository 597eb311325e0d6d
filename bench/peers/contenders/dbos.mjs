import { DBOS } from '@dbos-inc/dbos-sdk';

/** A workflow called in the process that runs it: the shortest way that the SDK has. */
export async function start({ databaseUrl, steps, poolSize }) {
  DBOS.setConfig({
    name: 'peers',
    applicationVersion: '1',
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: poolSize,
    logLevel: 'error',
  });
  const workflow = DBOS.registerWorkflow(
    async () => {
      let n = 0;
      for (let step = 1; step <= steps; step += 1) {
        const last = n;
        n = (await DBOS.runStep(async () => ({ n: last + 1 }), { name: `step-${step}` })).n;
      }
      return n;
    },
    { name: 'steps' },
  );
  await DBOS.launch();
  return { pids: [], run: () => workflow(), stop: () => DBOS.shutdown() };
}
