import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rotatingLog } from './rotating-log.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gennaker-log-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

it('appends lines to a file that only its owner may read', () => {
  const file = join(folder, 'logs/server.log');
  const log = rotatingLog(file);
  log('one');
  log('two');
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(file).mode & 0o077).toBe(0);
});

it('keeps two files of bounded size, however much is written', () => {
  const log = rotatingLog(join(folder, 'server.log'));
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let count = 0; count < 20; count += 1) log(megabyte);
  expect(readdirSync(folder).toSorted()).toEqual(['server.log', 'server.log.1']);
  for (const name of readdirSync(folder)) {
    expect(statSync(join(folder, name)).size).toBeLessThan(7 * 1024 * 1024);
  }
});
