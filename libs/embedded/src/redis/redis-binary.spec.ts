import { expect, it } from 'vitest';
import { isRedisNewEnough, simulatedPackages } from './redis-binary.js';

it.each([
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', true],
  ['Redis server v=6.2.0 sha=0', true],
  ['Redis server v=10.0.1 sha=0', true],
  ['Redis server v=6.0.16 sha=0', false],
  ['Redis server v=5.0.14 sha=0', false],
  ['something else', false],
])('%s: new enough is %s', (line, expected) => {
  expect(isRedisNewEnough(line)).toBe(expected);
});

it('takes new and upgraded packages from what apt-get would do', () => {
  const output = [
    'NOTE: This is only a simulation!',
    'Inst liblzf1 (3.6-3 Debian:12.11/stable [amd64])',
    'Inst libssl3 [3.0.15-1] (3.0.16-1~deb12u1 Debian:12.11/stable [amd64])',
    'Inst redis-server (5:7.0.15-1~deb12u7 Debian-Security:12/stable-security [amd64])',
    'Conf liblzf1 (3.6-3 Debian:12.11/stable [amd64])',
  ].join('\n');
  expect(simulatedPackages(output)).toEqual([
    'liblzf1=3.6-3',
    'libssl3=3.0.16-1~deb12u1',
    'redis-server=5:7.0.15-1~deb12u7',
  ]);
});
