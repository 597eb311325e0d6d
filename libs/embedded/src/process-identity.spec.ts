import { expect, it } from 'vitest';
import { identifyProcess, isRunning, parseProcessIdentity } from './process-identity.js';

const own = identifyProcess(process.pid)!;

it('knows a running process again', () => {
  expect(own.pid).toBe(process.pid);
  expect(isRunning(own)).toBe(true);
});

it('does not take another process that got the same pid for the one that it was', () => {
  expect(isRunning({ ...own, startTicks: '1' })).toBe(false);
});

it('does not take a process of before a reboot for one of now', () => {
  expect(isRunning({ ...own, bootId: '00000000-0000-4000-8000-000000000000' })).toBe(false);
});

it('finds nothing where no process is', () => {
  // The kernel's pids end at 2^22.
  expect(identifyProcess(4_194_305)).toBeUndefined();
});

it('reads back what was written, and nothing from a file cut short', () => {
  const text = JSON.stringify(own);
  expect(parseProcessIdentity(text)).toEqual(own);
  expect(parseProcessIdentity(text.slice(0, 10))).toBeUndefined();
  expect(parseProcessIdentity('null')).toBeUndefined();
  expect(parseProcessIdentity('{"pid":"1"}')).toBeUndefined();
});
