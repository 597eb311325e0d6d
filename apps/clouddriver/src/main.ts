import { ServiceAuthenticator } from '@gennaker/access';
import { catalogMigrations } from '@gennaker/catalog';
import { closeOnSignals, createHttpApp, listenHttp, listenOptionsFrom, runMain } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { accountsOfEnvironment, clouddriverConfigFrom } from './clouddriver.config.js';
import { ClouddriverModule } from './clouddriver.module.js';

/** Starts the cloud driver alone, configured by environment variables: see docs/operations.md. */
runMain(async () => {
  const platform = await createPlatform(platformConfigFrom('clouddriver', process.env), [
    operationMigrations,
    catalogMigrations,
    clouddriverMigrations,
  ]);
  const config = clouddriverConfigFrom(process.env, { accounts: accountsOfEnvironment(process.env) });
  const app = await createHttpApp(ClouddriverModule.register(platform, config), {
    service: 'clouddriver',
    authenticator: new ServiceAuthenticator(config.serviceToken),
  });
  await listenHttp(app, listenOptionsFrom(process.env, 7002));
  closeOnSignals(app, { afterClose: () => platform.close() });
});
