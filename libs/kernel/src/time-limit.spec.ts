import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeLimit, withTimeLimit } from './time-limit.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a time limit', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('aborts when the time is up, and says so', () => {
    const limit = timeLimit(1_500);
    vi.advanceTimersByTime(1_499);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.expired()).toBe(true);
    expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'It took longer than 1.5 s' });
  });

  it('aborts with an outer signal and its reason, also when that has aborted before', () => {
    const outer = new AbortController();
    const limit = timeLimit(1_000, undefined, outer.signal);
    outer.abort('enough');
    expect(limit.signal.reason).toBe('enough');
    expect(timeLimit(1_000, outer.signal).signal.reason).toBe('enough');
    expect(limit.expired()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is over with the work that it limits: no timer stays, and nothing aborts any more', async () => {
    const outer = new AbortController();
    let inner: AbortSignal | undefined;
    await expect(
      withTimeLimit(1_000, outer.signal, async (signal) => {
        inner = signal;
        return 'done';
      }),
    ).resolves.toBe('done');
    outer.abort();
    expect(vi.getTimerCount()).toBe(0);
    expect(inner?.aborted).toBe(false);
  });

  it('of more than 24 days is not taken for none', () => {
    const limit = timeLimit(1e12);
    vi.advanceTimersByTime(1_000);
    expect(limit.signal.aborted).toBe(false);
    limit.end();
  });
});

it('a time limit comes also when memory has been collected meanwhile', async () => {
  const limits = Array.from({ length: 50 }, () => timeLimit(30, new AbortController().signal).signal);
  const all = Promise.all(
    limits.map((signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))),
  );
  collectGarbage();
  await all;
  expect(limits.every((signal) => signal.aborted)).toBe(true);
});
