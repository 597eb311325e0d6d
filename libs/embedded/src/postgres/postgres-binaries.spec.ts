import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addMissingSymlinks, findPostgresBinaries } from './postgres-binaries.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gennaker-binaries-'));
  mkdirSync(join(root, 'native/lib'), { recursive: true });
  writeFileSync(join(root, 'native/lib/libicu.so.60.2'), 'the library');
  const links = [
    { source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' },
    { source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so' },
  ];
  writeFileSync(join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
});

afterEach(() => rmSync(root, { recursive: true }));

it('makes the links that an npm package cannot hold, however often it is called', async () => {
  await addMissingSymlinks(root);
  await addMissingSymlinks(root);
  expect(readFileSync(join(root, 'native/lib/libicu.so.60'), 'utf8')).toBe('the library');
  expect(readFileSync(join(root, 'native/lib/libicu.so'), 'utf8')).toBe('the library');
});

it('finds the binaries of this machine with their major version', async () => {
  const { native, major } = await findPostgresBinaries();
  expect(major).toMatch(/^\d+$/);
  expect(readFileSync(join(native, 'bin/postgres')).length).toBeGreaterThan(1_000_000);
});
