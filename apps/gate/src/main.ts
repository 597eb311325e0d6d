import { kayentaMigrations } from '@gennaker/canary-store';
import { catalogMigrations } from '@gennaker/catalog';
import { closeOnSignals, createHttpApp, listenHttp } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import { GennakerError } from '@gennaker/kernel';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { gateConfigFrom } from './gate.config.js';
import { GateModule, gateHttpOptions } from './gate.module.js';

async function main(): Promise<void> {
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
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof GennakerError ? error.message : String(error)}\n`);
  process.exit(1);
});
