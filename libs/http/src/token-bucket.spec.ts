import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-bucket.js';

describe('TokenBuckets', () => {
  it('allows a burst, then the rate', () => {
    const buckets = new TokenBuckets({ perSecond: 10, burst: 2 });
    expect([0, 0, 0].map((now) => buckets.take('a', now).allowed)).toEqual([true, true, false]);
    expect(buckets.take('a', 50)).toMatchObject({ allowed: false, retryAfterMs: 50 });
    expect(buckets.take('a', 100).allowed).toBe(true);
  });

  it('counts each address by itself', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 });
    buckets.take('a', 0);
    expect(buckets.take('b', 0).allowed).toBe(true);
  });

  it('never saves up more than the burst, and is not fooled by a clock that goes back', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 3 });
    expect(buckets.take('a', 1_000_000).remaining).toBe(2);
    expect(buckets.take('a', 0).remaining).toBe(1);
    expect(buckets.take('a', 9_000_000).remaining).toBe(2);
  });

  it('remembers a bounded number of addresses', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, 2);
    for (const address of ['a', 'b', 'c']) buckets.take(address, 0);
    expect(buckets.take('a', 0).allowed).toBe(true);
    expect(buckets.take('c', 0).allowed).toBe(false);
  });
});
