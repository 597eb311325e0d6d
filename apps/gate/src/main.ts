import { kayentaMigrations } from '@gennaker/canary-store';
import { catalogMigrations } from '@gennaker/catalog';
import { closeOnSignals, createHttpApp, listenHttp, runMain } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { gateConfigFrom } from './gate.config.js';
import { GateModule, gateHttpOptions } from './gate.module.js';

/** Starts the front door alone, configured by environment variables: see docs/operations.md. */
runMain(async () => {
  const config = gateConfigFrom(process.env);
  const platform = await createPlatform(platformConfigFrom('gate', process.env), [
    operationMigrations,
    catalogMigrations,
    clouddriverMigrations,
    kayentaMigrations,
  ]);
  const app = await createHttpApp(GateModule.register(platform, config), gateHttpOptions(platform, config));
  closeOnSignals(app, { afterClose: () => platform.close() });
  await listenHttp(app, config);
});
