import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@gennaker/testing';
import { afterAll } from 'vitest';
import { BullMqHintQueue } from './bullmq-hint-queue.js';
import { describeHintQueue } from './hint-queue.suite.js';
import { ShortcutHintQueue } from './shortcut-hint-queue.js';

describeHintQueue('BullMQ on Redis', async () =>
  BullMqHintQueue.onRedis({ url: process.env['REDIS_URL']!, tls: false }, `{test-${randomUUID()}}`),
);

describeHintQueue('a shortcut past BullMQ on Redis', async () => {
  const prefix = `{test-${randomUUID()}}`;
  return new ShortcutHintQueue(
    BullMqHintQueue.onRedis({ url: process.env['REDIS_URL']!, tls: false }, prefix),
  );
});

const drops: (() => Promise<void>)[] = [];
describeHintQueue('BullMQ on Postgres', async () => {
  const database = await createTestDatabase();
  drops.push(() => database.drop());
  return BullMqHintQueue.onPostgres(database.url, 'test');
});
afterAll(async () => {
  await Promise.all(drops.map((drop) => drop()));
});
