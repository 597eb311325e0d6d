import { kayentaMigrations } from '@gennaker/canary-store';
import { catalogMigrations } from '@gennaker/catalog';
import { createHttpApp } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, type Platform, platformConfigFrom } from '@gennaker/platform';
import { createTestDatabase, testServers } from '@gennaker/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { gateConfigFrom } from '../gate.config.js';
import { GateModule, gateHttpOptions } from '../gate.module.js';

/** A gate on a database of its own, for one test file. */
export interface TestGate {
  app: NestFastifyApplication;
  platform: Platform;
  /** Sends a request; a body that is no text goes as JSON. */
  call(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  /** The body as JSON; undefined when there is none. */
  json: never;
}

export async function startTestGate(environment: Record<string, string> = {}): Promise<TestGate> {
  const database = await createTestDatabase();
  const { redisUrl } = testServers();
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: `gate-${Math.random().toString(36).slice(2)}`,
    LOG_LEVEL: 'silent',
    ...environment,
  };
  const platform = await createPlatform(platformConfigFrom('gate', env), [
    operationMigrations,
    catalogMigrations,
    kayentaMigrations,
    clouddriverMigrations,
  ]);
  const config = gateConfigFrom(env);
  const app = await createHttpApp(GateModule.register(platform, config), gateHttpOptions(platform, config));
  return {
    app,
    platform,
    call: (method, url, body, headers = {}) => call(app, { method, url, body, headers }),
    close: async () => {
      await app.close();
      await platform.close();
      await database.drop();
    },
  };
}

interface Call {
  method: string;
  url: string;
  body: unknown;
  headers: Record<string, string>;
}

async function call(app: NestFastifyApplication, { method, url, body, headers }: Call): Promise<Answer> {
  const reply = await app.inject({
    method: method as 'GET',
    url,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = reply.body;
  return {
    status: reply.statusCode,
    headers: reply.headers,
    text,
    get json(): never {
      return (text === '' ? undefined : JSON.parse(text)) as never;
    },
  };
}
