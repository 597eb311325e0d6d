import { catalogMigrations } from '@gennaker/catalog';
import { ALLOW_UNAUTHENTICATED_NETWORK, closeOnSignals, createHttpApp, listenHttp } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { clouddriverConfigFrom } from './clouddriver.config.js';
import { ClouddriverModule } from './clouddriver.module.js';

/** Starts the cloud driver alone, configured by environment variables: see docs/operations.md. */
const platform = await createPlatform(platformConfigFrom('clouddriver', process.env), [
  operationMigrations,
  catalogMigrations,
  clouddriverMigrations,
]);
const app = await createHttpApp(ClouddriverModule.register(platform, clouddriverConfigFrom(process.env)), {
  service: 'clouddriver',
});
await listenHttp(app, {
  host: process.env['HOST'] ?? '127.0.0.1',
  port: Number(process.env['PORT'] ?? 7002),
  allowUnauthenticatedNetwork: process.env[ALLOW_UNAUTHENTICATED_NETWORK] === 'true',
});
closeOnSignals(app, { afterClose: () => platform.close() });
