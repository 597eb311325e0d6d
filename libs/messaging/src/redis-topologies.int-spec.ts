import { randomUUID } from 'node:crypto';
import {
  findRedis,
  type RedisTopology,
  startClusterRedis,
  startSentinelRedis,
  startTlsRedis,
} from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BullMqHintQueue } from './bullmq-hint-queue.js';
import { describeHintQueue } from './hint-queue.suite.js';
import { RedisLiveBus } from './live-bus.js';
import { connectRedis } from './redis-connection.js';

const search = await findRedis();

describe.skipIf(search.binary === undefined)('Redis in every form that it is run in', () => {
  const forms = [
    ['with TLS', startTlsRedis],
    ['watched by a Sentinel', startSentinelRedis],
    ['as a cluster', startClusterRedis],
  ] as const;

  describe.each(forms)('%s', (form, start) => {
    let redis: RedisTopology;
    beforeAll(async () => {
      redis = await start(search.binary!);
    });
    afterAll(() => redis.stop());

    describeHintQueue(`BullMQ on Redis ${form}`, async () =>
      BullMqHintQueue.onRedis(redis.config, `{test-${randomUUID()}}`),
    );

    it('tells other processes which streams have grown', async () => {
      const [one, other] = [
        new RedisLiveBus(redis.config, 'test:live'),
        new RedisLiveBus(redis.config, 'test:live'),
      ];
      const heard = vi.fn();
      other.subscribe(heard);
      await vi.waitFor(() => {
        one.publish({ stream: 'execution-1', version: 7 });
        expect(heard).toHaveBeenCalledWith({ stream: 'execution-1', version: 7 });
      });
      await Promise.all([one.close(), other.close()]);
    });
  });

  it('is not taken for the right one when its certificate is not vouched for', async () => {
    const redis = await startTlsRedis(search.binary!);
    const { tlsCaFile: _unknown, ...config } = redis.config;
    const connection = connectRedis(config);
    const refused = new Promise((resolve) => connection.once('error', resolve));
    expect(String(await refused)).toMatch(/self-signed certificate/);
    connection.disconnect();
    await redis.stop();
  });
});
