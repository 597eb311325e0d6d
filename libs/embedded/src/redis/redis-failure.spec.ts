import { expect, it } from 'vitest';
import { explainRedisFailure } from './redis-failure.js';

const where = { folder: '/data/redis', port: 6390 };

it.each([
  [
    '7:M 01 Jan 2026 00:00:00.000 # Warning: Could not create server TCP listening socket 127.0.0.1:6390: bind: Address already in use',
    'embedded.port_busy',
  ],
  ["7:M 01 Jan 2026 00:00:00.000 # Can't handle RDB format version 12", 'embedded.data_from_newer_version'],
  [
    "7:M 01 Jan 2026 00:00:00.000 # Can't open or create append-only dir: No space left on device",
    'embedded.disk_full',
  ],
  [
    '7:M 01 Jan 2026 00:00:00.000 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename>',
    'embedded.data_damaged',
  ],
])('reads %s', (line, code) => {
  expect(explainRedisFailure([line], where)).toMatchObject({ code });
});

it('claims nothing about other words', () => {
  expect(explainRedisFailure(['# something new'], where)).toBeUndefined();
});
