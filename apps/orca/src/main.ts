import { kayentaMigrations } from '@gennaker/canary-store';
import { closeOnSignals, createHttpApp, listenHttp } from '@gennaker/http';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { orcaConfigFrom } from './orca.config.js';
import { OrcaModule } from './orca.module.js';

/** Starts orchestration alone, configured by environment variables: see docs/operations.md. */
const platform = await createPlatform(platformConfigFrom('orca', process.env), [
  operationMigrations,
  kayentaMigrations,
]);
const app = await createHttpApp(OrcaModule.register(platform, orcaConfigFrom(process.env)), {
  service: 'orca',
});
await listenHttp(app, {
  host: process.env['HOST'] ?? '127.0.0.1',
  port: Number(process.env['PORT'] ?? 8083),
  // It has no API of its own beyond health and metrics.
  allowUnauthenticatedNetwork: true,
});
closeOnSignals(app, { afterClose: () => platform.close() });
