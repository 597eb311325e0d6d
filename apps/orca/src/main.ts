import { kayentaMigrations } from '@gennaker/canary-store';
import { closeOnSignals, createHttpApp, listenHttp, listenOptionsFrom, runMain } from '@gennaker/http';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { orcaConfigFrom } from './orca.config.js';
import { OrcaModule } from './orca.module.js';

/** Starts orchestration alone, configured by environment variables: see docs/operations.md. */
runMain(async () => {
  const platform = await createPlatform(platformConfigFrom('orca', process.env), [
    operationMigrations,
    kayentaMigrations,
  ]);
  const app = await createHttpApp(OrcaModule.register(platform, orcaConfigFrom(process.env)), {
    service: 'orca',
  });
  // It has no API of its own beyond health and metrics.
  await listenHttp(app, { ...listenOptionsFrom(process.env, 8083), allowUnauthenticatedNetwork: true });
  closeOnSignals(app, { afterClose: () => platform.close() });
});
