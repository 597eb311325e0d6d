import { expect, it } from 'vitest';
import { postgresSettings, settingArguments } from './postgres-settings.js';

it('gives up durability in test mode only', () => {
  expect(postgresSettings('test', 1)).toMatchObject({ fsync: 'off', full_page_writes: 'off' });
  const durable = postgresSettings('durable', 1);
  expect(durable).not.toHaveProperty('fsync');
  expect(durable).not.toHaveProperty('full_page_writes');
  expect(durable).not.toHaveProperty('synchronous_commit');
});

it('listens on the loopback address only', () => {
  const args = settingArguments(postgresSettings('durable', 5490));
  expect(args).toContain('listen_addresses=127.0.0.1');
  expect(args).toContain('port=5490');
  expect(args).toContain('unix_socket_directories=');
});
