import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import { Access, AnonymousAuthenticator, Authenticator, OpenAccess } from '@gennaker/access';
import { Clock, SystemClock } from '@gennaker/kernel';
import { NestLogger, collectProcessMetrics, configureLogging } from '@gennaker/observability';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { constants } from 'node:zlib';
import { registerBodyParsers } from './body-parsers.js';
import { registerCompressedAnswers } from './compressed-answers.js';
import { registerCors } from './cors.js';
import { registerEtag } from './etag.js';
import { HttpAdapter } from './http-adapter.js';
import { DEFAULT_HTTP_OPTIONS, type HttpOptions } from './http-options.js';
import { HttpModule } from './http.module.js';
import { registerRateLimit } from './rate-limit.js';
import { registerRequestContext } from './request-context.js';
import { RouteTable } from './route-table.js';
import { sortedJson } from './sorted-json.js';
import { closeUnusedConnections } from './unused-connections.js';

export interface HttpAppOptions extends Partial<HttpOptions> {
  authenticator?: Authenticator;
  access?: Access;
  clock?: Clock;
}

/**
 * A Nest application on Fastify with everything a service of ours has: limits, error shape, request ids, identity, the
 * access guard, health, metrics, compression, security headers. The modules of `root` can inject `HealthRegistry`,
 * `Clock` and `Access`. The application is initialised, so `inject` works; it does not listen yet (see `listenHttp`).
 */
export async function createHttpApp(
  root: DynamicModule,
  given: HttpAppOptions = {},
): Promise<NestFastifyApplication> {
  const options: HttpOptions = { ...DEFAULT_HTTP_OPTIONS, ...given };
  const clock = given.clock ?? new SystemClock();
  const authenticator = given.authenticator ?? new AnonymousAuthenticator();
  const routes = new RouteTable();
  configureLogging({ service: options.service, level: options.logLevel });
  collectProcessMetrics();

  const app = await NestFactory.create<NestFastifyApplication>(
    HttpModule.register(root, { authenticator, access: given.access ?? new OpenAccess(), clock, routes }),
    new HttpAdapter(options, clock),
    { bodyParser: false, logger: new NestLogger(), abortOnError: false },
  );
  await prepareFastify(app, { options, authenticator, clock, routes });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

interface Parts {
  options: HttpOptions;
  authenticator: Authenticator;
  clock: Clock;
  routes: RouteTable;
}

/** Order matters: what is registered first runs first. */
async function prepareFastify(app: NestFastifyApplication, parts: Parts): Promise<void> {
  const { options, authenticator, clock, routes } = parts;
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => {
    routes.add(route.method, route.url);
    const limit = options.bodyLimits[route.url];
    if (limit !== undefined) route.bodyLimit = limit;
  });
  closeUnusedConnections(fastify);
  fastify.setReplySerializer(sortedJson);
  registerBodyParsers(fastify);
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        upgradeInsecureRequests: null,
      },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    hsts: false,
  });
  registerRequestContext(fastify, authenticator, options.service);
  registerCors(fastify, options.cors);
  if (options.rateLimit !== undefined) registerRateLimit(fastify, options.rateLimit, () => clock.now());
  registerEtag(fastify);
  if (!options.compress) return;
  registerCompressedAnswers(fastify);
  await app.register(compress, {
    threshold: 1_400,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    zlibOptions: { level: 5 },
  });
}
