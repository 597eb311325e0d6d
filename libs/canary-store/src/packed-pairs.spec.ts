import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arePackedPairs, packPairs, unpackPairs } from './packed-pairs.js';

const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, 5e-324));
const values = fc.array(value, { maxLength: 50 });
const pair = fc.record({
  name: fc.string(),
  id: fc.uuid(),
  tags: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.string()),
  values: fc.record({ control: values, experiment: values }),
  scopes: fc.constant({ control: { startTimeMillis: 0, stepMillis: 60_000 } }),
});

describe('packed measurements', () => {
  it('are the same when they are unpacked, to the bit', () => {
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const packed = packPairs(pairs);
        expect(arePackedPairs(packed)).toBe(true);
        expect(unpackPairs(packed)).toEqual(pairs);
      }),
    );
  });
});
