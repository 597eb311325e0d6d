import { describe, expect, it } from 'vitest';
import { TextCache } from './text-cache.js';

describe('TextCache', () => {
  it('gives a text only for the fingerprint that it was put under', () => {
    const cache = new TextCache(100);
    cache.put('a', '1', 'text');
    expect([cache.get('a', '1'), cache.get('a', '2'), cache.get('b', '1')]).toEqual([
      'text',
      undefined,
      undefined,
    ]);
  });

  it('never holds more than its length, and lets the oldest go first', () => {
    const cache = new TextCache(10);
    for (const key of ['a', 'b', 'c']) cache.put(key, '1', '12345');
    cache.put('big', '1', 'x'.repeat(11));
    expect(['a', 'b', 'c', 'big'].map((key) => cache.get(key, '1'))).toEqual([
      undefined,
      '12345',
      '12345',
      undefined,
    ]);
    cache.put('b', '2', '1');
    cache.put('d', '1', '1234');
    expect(['b', 'c', 'd'].map((key) => cache.get(key, key === 'b' ? '2' : '1'))).toEqual([
      '1',
      '12345',
      '1234',
    ]);
  });
});
