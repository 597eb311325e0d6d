import { kayentaMigrations } from '@gennaker/canary-store';
import { createHttpApp } from '@gennaker/http';
import { createPlatform, type Platform } from '@gennaker/platform';
import { createTestDatabase, HttpFake } from '@gennaker/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { kayentaConfigSchema } from './kayenta.config.js';
import { kayentaHttpOptions, KayentaModule } from './kayenta.module.js';
import { KayentaService } from './kayenta.service.js';

/** Answers are JSON of many shapes, and a test names what it wants of one. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Answer {
  status: number;
  body: Json;
  text: string;
  headers: Record<string, unknown>;
}

/** The metrics judge on a database of its own, asked over HTTP. */
export class RunningKayenta {
  private constructor(
    readonly platform: Platform,
    readonly app: NestFastifyApplication,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(accounts: object[], settings: object = {}): Promise<RunningKayenta> {
    const database = await createTestDatabase();
    const platform = await createPlatform(
      {
        service: 'kayenta-test',
        databaseUrl: database.url,
        databasePoolSize: 10,
        redis: { url: process.env['REDIS_URL']!, tls: false },
        queuePrefix: `test-${randomUUID()}`,
      },
      [kayentaMigrations],
    );
    const client = { attempts: 2, backoffMs: 1, timeoutMs: 5_000, totalMs: 10_000 };
    const config = kayentaConfigSchema.parse({ accounts, client, relayIntervalMs: 50, ...settings });
    const app = await createHttpApp(KayentaModule.register(platform, config), {
      ...kayentaHttpOptions(config),
      logLevel: 'error',
    });
    return new RunningKayenta(platform, app, () => database.drop());
  }

  get service(): KayentaService {
    return this.app.get(KayentaService);
  }

  async ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
    headers = {},
  ): Promise<Answer> {
    const response = await this.app.inject({ method, url, ...(payload && { payload }), headers });
    const json = String(response.headers['content-type'] ?? '').includes('json');
    return {
      status: response.statusCode,
      body: json ? JSON.parse(response.payload) : response.payload,
      text: response.payload,
      headers: response.headers,
    };
  }

  get = (url: string): Promise<Answer> => this.ask('GET', url);
  post = (url: string, payload?: object): Promise<Answer> => this.ask('POST', url, payload);

  /** Asks until the analysis or run is complete. */
  async completed(url: string): Promise<Record<string, Json>> {
    let last: Answer | undefined;
    await expect
      .poll(
        async () => {
          last = await this.get(url);
          return (last.body as { complete?: boolean }).complete;
        },
        { timeout: 20_000, interval: 20 },
      )
      .toBe(true);
    return last!.body as Record<string, Json>;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.platform.close();
    await this.drop();
  }
}

/** Answers range queries by a function of the query and the time (milliseconds); undefined leaves the point out. */
export function fakePrometheus(valueOf: (query: string, time: number) => number | undefined): HttpFake {
  return new HttpFake(({ url }) => {
    const parameters = url.searchParams;
    if (url.pathname.endsWith('/label/__name__/values')) {
      return { body: { status: 'success', data: ['latency', 'errors_total'] } };
    }
    const query = parameters.get('query') ?? '';
    if (query.includes('down')) return { status: 503, body: '<html>Service Unavailable</html>' };
    const start = Date.parse(parameters.get('start') ?? '');
    const end = Date.parse(parameters.get('end') ?? '');
    const step = Number(parameters.get('step')) * 1_000;
    const values: [number, string][] = [];
    for (let time = start; time < end; time += step) {
      const value = valueOf(query, time);
      if (value !== undefined) values.push([time / 1_000, String(value)]);
    }
    const result = values.length === 0 ? [] : [{ metric: {}, values }];
    return { body: { status: 'success', data: { resultType: 'matrix', result } } };
  });
}
