import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

interface Ended {
  code: number | null;
  output: string;
}

function start(service: string, environment: Record<string, string>): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--import', './test/typescript.mjs', `apps/${service}/src/main.ts`],
      { cwd: root, env: { PATH, HOME, ...environment }, timeout: 60_000 },
      (_error, stdout, stderr) => done({ code: child.exitCode, output: `${stdout}${stderr}` }),
    );
  });
}

const url = 'postgres://nobody@127.0.0.1:1/none';
const noDatabase = 'DATABASE_URL: must be set, such as postgres://user:password@host:5432/gennaker\n';

/** A service that is set up wrongly says so in one sentence that names the variable and the fix, and ends with 1. */
describe('a service with wrong settings', () => {
  it.each([
    ['gate', {}, noDatabase],
    ['orca', {}, noDatabase],
    ['clouddriver', {}, noDatabase],
    ['kayenta', {}, noDatabase],
    ['gate', { GATE_PORT: 'hunter2' }, 'GATE_PORT: must be a number\n'],
    [
      'orca',
      { DATABASE_URL: url, DATABASE_POOL_SIZE: 'hunter2', QUEUE_PREFIX: '%%' },
      'DATABASE_POOL_SIZE: must be a number; QUEUE_PREFIX: may hold letters, digits, "-" and "_"\n',
    ],
  ])('%s %o says what to set', async (service, environment, sentence) => {
    const { code, output } = await start(service, environment);
    expect([code, output]).toEqual([1, sentence]);
  });
});
