import { expect, it } from 'vitest';
import { explainPostgresFailure } from './postgres-failure.js';

const where = { folder: '/data/postgres', port: 5490 };

it('reads a busy port', () => {
  const lines = [
    '2026-01-01 00:00:00.000 UTC [7] LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
    '2026-01-01 00:00:00.000 UTC [7] HINT:  Is another postmaster already running on port 5490?',
    '2026-01-01 00:00:00.000 UTC [7] FATAL:  could not create any TCP/IP sockets',
  ];
  expect(explainPostgresFailure(lines, where)).toMatchObject({ code: 'embedded.port_busy' });
});

it.each([
  'initdb: error: could not write to file "/data/postgres/pgdata.new/pg_wal": No space left on device',
  'FATAL:  could not write lock file "postmaster.pid": Disk quota exceeded',
])('reads a full disk: %s', (line) => {
  expect(explainPostgresFailure([line], where)).toMatchObject({
    code: 'embedded.disk_full',
    message: expect.stringContaining('/data/postgres'),
  });
});

it('claims nothing about other words', () => {
  expect(explainPostgresFailure(['FATAL:  something new'], where)).toBeUndefined();
});
