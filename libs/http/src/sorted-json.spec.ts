import { canonicalJson } from '@gennaker/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortedJson } from './sorted-json.js';

describe('sortedJson', () => {
  it('writes what JSON.stringify writes, but for the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(JSON.parse(sortedJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  it('sorts keys at every depth, digits included', () => {
    expect(sortedJson({ b: [{ z: 1, '10': 2, '': 3 }], a: null })).toBe(
      '{"a":null,"b":[{"":3,"10":2,"z":1}]}',
    );
  });

  it('quotes texts as JSON does, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(sortedJson({ [text]: text })).toBe(JSON.stringify({ [text]: text }));
      }),
    );
    expect(sortedJson(['"', '\\', '\n', '\u007f', '\ud800', -0, 1e21])).toBe(
      JSON.stringify(['"', '\\', '\n', '\u007f', '\ud800', -0, 1e21]),
    );
  });

  it('leaves out undefined, writes dates as text and holes as null', () => {
    expect(sortedJson({ b: undefined, a: [undefined, new Date(0)], c: Number.NaN })).toBe(
      '{"a":[null,"1970-01-01T00:00:00.000Z"],"c":null}',
    );
  });
});
