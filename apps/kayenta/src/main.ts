import { kayentaMigrations } from '@gennaker/canary-store';
import { closeOnSignals, createHttpApp, listenHttp, listenOptionsFrom, runMain } from '@gennaker/http';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { kayentaConfigFrom } from './kayenta.config.js';
import { kayentaHttpOptions, KayentaModule } from './kayenta.module.js';

/** Starts the metrics judge alone, configured by environment variables: see docs/operations.md. */
runMain(async () => {
  const platform = await createPlatform(platformConfigFrom('kayenta', process.env), [kayentaMigrations]);
  const config = kayentaConfigFrom(process.env);
  const app = await createHttpApp(KayentaModule.register(platform, config), kayentaHttpOptions(config));
  await listenHttp(app, listenOptionsFrom(process.env, 8090));
  closeOnSignals(app, { afterClose: () => platform.close() });
});
