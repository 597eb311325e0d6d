import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending } from './ascending.js';

describe('an ascending copy', () => {
  const sorted = (values: number[]) => [...new Float64Array(values).sort()];
  const zeroIsZero = (values: ArrayLike<number>) => Array.from(values, (v) => (v === 0 ? 0 : v));

  it('is what sorting gives, however the values lie', () => {
    const value = fc.oneof(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(Infinity, -Infinity, Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 1e9),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 400 }), (values) => {
        expect(zeroIsZero(ascending(values))).toEqual(zeroIsZero(sorted(values)));
      }),
    );
  });

  it('deals out spread values, and sorts crowded ones', () => {
    const spread = Array.from({ length: 1_000 }, (_, i) => Math.sin(i * 7_919) * 1e-7);
    const crowded = [...Array.from({ length: 999 }, (_, i) => Math.cos(i)), 1e12];
    for (const values of [spread, crowded]) expect([...ascending(values)]).toEqual(sorted(values));
  });

  it('leaves the values as they are', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    ascending(values);
    expect(values[0]).toBe(100);
  });
});
