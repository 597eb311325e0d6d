import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.js';
import { identifyProcess } from './process-identity.js';

const root = resolve(import.meta.dirname, '../../..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gennaker-killed-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

it('leaves no server behind when the owner is killed, and the next owner finds the folder in order', async () => {
  const owner = spawn(
    process.execPath,
    ['--import', './test/typescript.mjs', 'libs/embedded/src/__fixtures__/start-servers.ts', folder],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const pids = JSON.parse(line.toString()) as number[];
  expect(pids.every((pid) => identifyProcess(pid) !== undefined)).toBe(true);

  owner.kill('SIGKILL');
  await once(owner, 'exit');
  // At once, while the servers may still be on their way out.
  const next = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), mode: 'durable' });
  await next.stop();
  await vi.waitFor(
    () => expect(pids.filter((pid) => identifyProcess(pid) !== undefined)).toEqual([]),
    10_000,
  );
});
