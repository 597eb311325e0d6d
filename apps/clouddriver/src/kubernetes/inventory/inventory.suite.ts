import { randomBytes, randomUUID } from 'node:crypto';
import { connectDatabase, migrate, type Database } from '@gennaker/database';
import { clouddriverMigrations } from '@gennaker/inventory';
import { SystemClock } from '@gennaker/kernel';
import { MemoryLiveBus } from '@gennaker/messaging';
import { createTestDatabase } from '@gennaker/testing';
import { expect } from 'vitest';
import { Cipher } from '@gennaker/secrets';
import { parseAccountDefinition } from '../accounts/account-definition.js';
import { AccountRegistry } from '../accounts/account-registry.js';
import { AccountStore } from '../accounts/account-store.js';
import type { KubernetesClient } from '../client/kubernetes-client.js';
import type { KubernetesObject } from '../client/kubernetes-client.types.js';
import { InventoryService, type InventoryOptions } from './inventory.service.js';

export interface Harness {
  database: Database;
  registry: AccountRegistry;
  store: AccountStore;
  bus: MemoryLiveBus;
  client: KubernetesClient;
  clock: SystemClock;
  /** A replica of the inventory, stopped with the harness. */
  replica(options?: Partial<InventoryOptions>): InventoryService;
  stop(): Promise<void>;
}

/** A fresh database, one account named `test` on the cluster, and everything that keeps an inventory of it. */
export async function startHarness(kubeconfigContents: string, account: object = {}): Promise<Harness> {
  const test = await createTestDatabase();
  await migrate(test.url, [clouddriverMigrations]);
  const database = await connectDatabase({ url: test.url, name: 'test' });
  const bus = new MemoryLiveBus();
  const clock = new SystemClock();
  const store = new AccountStore(database.pool, new Cipher([randomBytes(32).toString('base64')]));
  const definition = parseAccountDefinition({ name: 'test', kubeconfigContents, ...account });
  const registry = new AccountRegistry(store, bus, {
    client: { timeoutMs: 5_000 },
    allowedExecCommands: [],
    secrets: { resolve: async (reference) => reference },
    environment: {},
    configured: async () => [{ name: 'test', definition }],
    reloadMs: 60_000,
  });
  await registry.start();
  const replicas: InventoryService[] = [];
  return {
    database,
    registry,
    store,
    bus,
    clock,
    client: registry.get('test').client,
    replica(options = {}) {
      const service = new InventoryService(database.pool, registry, bus, clock, {
        replica: randomUUID(),
        maxKinds: 150,
        customKinds: true,
        pageSize: 500,
        ...options,
      });
      replicas.push(service);
      return service;
    },
    async stop() {
      await Promise.all(replicas.map((service) => service.stop()));
      await registry.stop();
      await database.close();
      await test.drop();
    },
  };
}

/** Waits until the query has these rows. */
export async function rows(
  database: Database,
  text: string,
  expected: unknown,
  values: unknown[] = [],
): Promise<void> {
  await expect
    .poll(async () => (await database.pool.query(text, values)).rows, { timeout: 20_000, interval: 20 })
    .toEqual(expected);
}

export function configMap(name: string, namespace: string, extra: object = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...extra }, data: { a: '1' } };
}

/** A Deployment whose pods need nothing of a real node. */
export function deployment(
  name: string,
  namespace: string,
  replicas: number,
  labels = { app: name },
): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, annotations: { 'moniker.spinnaker.io/application': 'shop' } },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: `registry/${name}:1.0` }] },
      },
    },
  };
}
