import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATA_FORMAT, explainFolderError, openDataFolder, type DataFolder } from './data-folder.js';
import { identifyProcess } from './process-identity.js';

let folder: string;
let open: DataFolder[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gennaker-folder-'));
  open = [];
});

afterEach(async () => {
  for (const data of open) await data.close();
  rmSync(folder, { recursive: true });
});

async function openFolder(
  path: string,
  changes: { minFreeBytes?: number; server?: 'postgres' | 'redis' } = {},
) {
  const data = await openDataFolder({
    path,
    server: 'postgres',
    minFreeBytes: 0,
    log: () => undefined,
    ...changes,
  });
  open.push(data);
  return data;
}

it('creates the folder and the ones above it', async () => {
  await openFolder(join(folder, 'a/b'));
  expect(statSync(join(folder, 'a/b')).isDirectory()).toBe(true);
});

describe('when the folder is taken', () => {
  it('refuses a second owner and names the process that has it', async () => {
    await openFolder(folder);
    await expect(openFolder(folder)).rejects.toMatchObject({
      code: 'embedded.folder_in_use',
      message: expect.stringContaining(`process ${process.pid}`),
    });
  });

  it('gives it to the next one after it was closed', async () => {
    await (await openFolder(folder)).close();
    await expect(openFolder(folder)).resolves.toBeDefined();
  });

  it('gives it to exactly one of many that ask at once, though a killed owner left its lock', async () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ ...identifyProcess(process.pid), startTicks: '1' }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openFolder(folder)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'embedded.folder_in_use' });
    }
    expect(readdirSync(folder).toSorted()).toEqual(['gennaker-data.json', 'lock']);
  });

  it.each([
    ['of a process that ended', JSON.stringify({ pid: 4_194_305, startTicks: '5', bootId: 'x' })],
    ['that holds nothing', ''],
    ['that holds something else', '12345'],
  ])('takes over a lock %s', async (_case, content) => {
    writeFileSync(join(folder, 'lock'), content);
    await openFolder(folder);
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toEqual(identifyProcess(process.pid));
  });
});

describe('when the folder was written by another version', () => {
  const marker = () => join(folder, 'gennaker-data.json');

  it('opens what it has written itself', async () => {
    await (await openFolder(folder)).close();
    expect(JSON.parse(readFileSync(marker(), 'utf8'))).toEqual({ format: DATA_FORMAT, server: 'postgres' });
    await expect(openFolder(folder)).resolves.toBeDefined();
  });

  it('refuses a newer format, changes nothing and lets go of the folder', async () => {
    const newer = JSON.stringify({ format: DATA_FORMAT + 1, server: 'postgres' });
    writeFileSync(marker(), newer);
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'embedded.data_from_newer_version' });
    expect(readFileSync(marker(), 'utf8')).toBe(newer);
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'embedded.data_from_newer_version' });
  });

  it.each([
    ['of another server', JSON.stringify({ format: DATA_FORMAT, server: 'redis' })],
    ['that is cut short', '{"form'],
    ['without a format', '{"server":"postgres"}'],
  ])('refuses a marker %s', async (_case, content) => {
    writeFileSync(marker(), content);
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'embedded.data_damaged' });
  });
});

it('refuses a disk with less room than asked for, saying how much there is', async () => {
  await expect(openFolder(folder, { minFreeBytes: 2 ** 60 })).rejects.toMatchObject({
    code: 'embedded.disk_full',
    message: expect.stringMatching(/\d+ MB free, \d+ MB needed/),
  });
});

it.runIf(process.platform === 'linux')('refuses a path under which nothing can be created', async () => {
  await expect(openFolder('/proc/none/data')).rejects.toMatchObject({
    code: 'embedded.folder_not_writable',
    message: expect.stringContaining('GENNAKER_DATA_DIR'),
  });
});

it('refuses a path that leads through a file', async () => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file/data');
  await expect(openFolder(path)).rejects.toMatchObject({
    code: 'embedded.folder_not_writable',
    message: expect.stringContaining(path),
  });
});

it.each([
  ['EACCES', 'embedded.folder_not_writable'],
  ['EROFS', 'embedded.folder_not_writable'],
  ['EPERM', 'embedded.folder_not_writable'],
  ['ENOSPC', 'embedded.disk_full'],
  ['EDQUOT', 'embedded.disk_full'],
])('explains %s by one sentence with the folder in it', (code, expected) => {
  const error = Object.assign(new Error(code), { code });
  expect(explainFolderError('/some/folder', error)).toMatchObject({
    code: expected,
    message: expect.stringContaining('/some/folder'),
  });
});

it('leaves an error that it does not know as it is', () => {
  const error = new TypeError('a bug');
  expect(explainFolderError('/some/folder', error)).toBe(error);
});
