import { submitExecution } from '../../../dist/libs/execution/src/index.js';
import { operationMigrations } from '../../../dist/libs/operation/src/index.js';
import { createPlatform } from '../../../dist/libs/platform/src/index.js';
import { OrcaService } from '../../../dist/apps/orca/src/orca.service.js';
import { orcaConfigSchema } from '../../../dist/apps/orca/src/orca.config.js';
import { allEnded } from '../../../dist/bench/support/executions.js';

const authentication = { user: 'bench', allowedAccounts: [] };

/** A pipeline of five stages, each of which reads what the one before it gave and puts out one more. */
export async function start({ databaseUrl, redisUrl, steps, poolSize }) {
  const platform = await createPlatform(
    {
      service: 'bench',
      databaseUrl,
      databasePoolSize: poolSize,
      queuePrefix: 'peers',
      redis: { url: redisUrl, tls: false },
    },
    [operationMigrations],
  );
  const orca = new OrcaService(platform, orcaConfigSchema.parse({}));
  orca.start();
  const stages = Array.from({ length: steps }, (_, index) => ({
    refId: String(index + 1),
    type: 'evaluateVariables',
    requisiteStageRefIds: index === 0 ? [] : [String(index)],
    variables: [{ key: 'n', value: index === 0 ? '${1}' : '${n + 1}' }],
  }));
  return {
    pids: [],
    run: async () => {
      const event = submitExecution(
        { application: 'peers', name: 'steps', stages },
        { type: 'PIPELINE', now: Date.now(), ids: platform.ids, authentication, origin: 'api' },
      );
      const { id } = await platform.executions.submit(event, { actor: 'bench' });
      await allEnded(platform, [id]);
      const { stages: ended } = await platform.executions.recall(id);
      return Number(Object.values(ended).find((stage) => stage.refId === String(steps)).outputs.n);
    },
    stop: async () => {
      await orca.stop();
      await platform.close();
    },
  };
}
