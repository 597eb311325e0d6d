import { describe, expect, it } from 'vitest';
import { JsonCache } from './json-cache.js';
import { JsonPiece } from './json-text.js';

const textOf = (piece: JsonPiece | undefined) =>
  piece === undefined ? undefined : Buffer.from(piece.bytes).toString();

function cacheOf(maxLength: number) {
  const cache = new JsonCache(maxLength);
  return {
    cache,
    put: (key: string, fingerprint: string, text: string) =>
      cache.put({ key, fingerprint }, JsonPiece.of(text)),
    get: (key: string, fingerprint: string) => textOf(cache.get({ key, fingerprint })),
  };
}

describe('JsonCache', () => {
  it('gives a piece only for the fingerprint that it was put under', () => {
    const { put, get } = cacheOf(100);
    put('a', '1', 'text');
    expect([get('a', '1'), get('a', '2'), get('b', '1')]).toEqual(['text', undefined, undefined]);
  });

  it('never holds more than its length, and lets the oldest go first', () => {
    const { put, get } = cacheOf(10);
    for (const key of ['a', 'b', 'c']) put(key, '1', '12345');
    put('big', '1', 'x'.repeat(11));
    expect(['a', 'b', 'c', 'big'].map((key) => get(key, '1'))).toEqual([
      undefined,
      '12345',
      '12345',
      undefined,
    ]);
    put('b', '2', '1');
    put('d', '1', '1234');
    expect(['b', 'c', 'd'].map((key) => get(key, key === 'b' ? '2' : '1'))).toEqual(['1', '12345', '1234']);
  });

  it('counts bytes, of which a letter may take several', () => {
    const { put, get } = cacheOf(5);
    put('a', '1', 'äöü');
    expect(get('a', '1')).toBeUndefined();
  });

  it('makes together what a list lacks, keeps the order, and leaves out what has gone', async () => {
    const { cache, put } = cacheOf(100);
    put('b', '1', 'kept');
    put('c', '1', 'old');
    const asked: string[][] = [];
    const list = async () =>
      cache.list(
        ['a', 'b', 'c', 'gone'].map((key) => ({ key, fingerprint: key === 'c' ? '2' : '1' })),
        async (missing) => {
          asked.push(missing.map(({ key }) => key));
          return new Map([
            ['c', 'new'],
            ['a', 'first'],
          ]);
        },
      );
    expect((await list()).map(textOf)).toEqual(['first', 'kept', 'new']);
    expect((await list()).map(textOf)).toEqual(['first', 'kept', 'new']);
    expect(asked).toEqual([['a', 'c', 'gone'], ['gone']]);
  });
});
