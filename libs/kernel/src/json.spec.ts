import { describe, expect, it } from 'vitest';
import { canonicalJson, jsonEquals } from './json.js';

describe('canonicalJson', () => {
  it('gives the same text for the same value, whatever the order of its keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe(
      canonicalJson({ a: null, b: [{ c: 2, d: 1 }] }),
    );
  });
});

describe('jsonEquals', () => {
  it.each([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [[1, 2], [2, 1], false],
    [{ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, true],
    [{ a: 1 }, [1], false],
    [null, {}, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(jsonEquals(a, b)).toBe(expected);
  });
});
