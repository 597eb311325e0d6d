import { describe, expect, it } from 'vitest';
import { RecentCache } from './recent-cache.js';

describe('RecentCache', () => {
  it('keeps what is read, and forgets what is not', () => {
    const cache = new RecentCache<number>(10, 1_000);
    cache.set('kept', 1);
    for (let index = 0; index < 100; index += 1) {
      cache.set(`other ${index}`, index);
      expect(cache.get('kept')).toBe(1);
    }
    expect(cache.get('other 0')).toBeUndefined();
    expect(cache.size).toBeLessThanOrEqual(20);
  });

  it('is bounded by the characters of its keys, too', () => {
    const cache = new RecentCache<number>(1_000, 100);
    for (let index = 0; index < 50; index += 1) cache.set(`${index}`.padEnd(40), index);
    expect(cache.size).toBeLessThanOrEqual(5);
    cache.set('x'.repeat(101), 1);
    expect(cache.get('x'.repeat(101))).toBeUndefined();
  });
});
