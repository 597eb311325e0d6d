import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
const service = z.object({
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()), interval: z.string() }),
});
const composeFile = z.object({ services: z.record(z.string(), service) });
const prometheusFile = z.object({
  scrape_configs: z.array(z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) })),
});

const read = (file: string): unknown => parse(readFileSync(resolve(root, file), 'utf8'), { merge: true });
const { services } = composeFile.parse(read('docker-compose.yml'));
const ours = Object.entries(services).filter(([, { command }]) => command?.[0] === 'node');

it('starts the four services and what they need', () => {
  expect(Object.keys(services).toSorted()).toEqual([
    'clouddriver',
    'gate',
    'kayenta',
    'orca',
    'postgres',
    'prometheus',
    'redis',
  ]);
  for (const [name, { command, environment }] of ours) {
    expect(command).toEqual(['node', `dist/apps/${name}/src/main.js`]);
    expect(environment).toMatchObject({ DATABASE_URL: expect.any(String), REDIS_URL: expect.any(String) });
  }
});

it('lets nobody in from outside of this machine', () => {
  for (const { ports } of Object.values(services)) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

it('asks each service for its health, and Prometheus for its metrics, on the port that it serves', () => {
  const { scrape_configs } = prometheusFile.parse(read('deploy/prometheus.yml'));
  const targets = scrape_configs.flatMap(({ static_configs }) =>
    static_configs.flatMap((one) => one.targets),
  );
  for (const [name, { environment, healthcheck }] of ours) {
    const port = environment?.['PORT'] ?? 8084;
    expect(healthcheck.test.join(' ')).toContain(`http://127.0.0.1:${port}/health`);
    expect(targets).toContain(`${name}:${port}`);
  }
});
