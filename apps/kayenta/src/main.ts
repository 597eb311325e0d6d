import { kayentaMigrations } from '@gennaker/canary-store';
import { ALLOW_UNAUTHENTICATED_NETWORK, closeOnSignals, createHttpApp, listenHttp } from '@gennaker/http';
import { createPlatform, platformConfigFrom } from '@gennaker/platform';
import { kayentaConfigFrom } from './kayenta.config.js';
import { KayentaModule } from './kayenta.module.js';

/** Starts the metrics judge alone, configured by environment variables: see docs/operations.md. */
const platform = await createPlatform(platformConfigFrom('kayenta', process.env), [kayentaMigrations]);
const app = await createHttpApp(KayentaModule.register(platform, kayentaConfigFrom(process.env)), {
  service: 'kayenta',
});
await listenHttp(app, {
  host: process.env['HOST'] ?? '127.0.0.1',
  port: Number(process.env['PORT'] ?? 8090),
  allowUnauthenticatedNetwork: process.env[ALLOW_UNAUTHENTICATED_NETWORK] === 'true',
});
closeOnSignals(app, { afterClose: () => platform.close() });
