import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberEnd, readDecimal } from './decimal.js';

const QUOTE = 34;
const read = (text: string) => readDecimal(Buffer.from(`x${text}"`), 1, QUOTE);

describe('a decimal', () => {
  const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));

  it('is the double that Number gives, or left to it, however many digits it has', () => {
    fc.assert(
      fc.property(fc.boolean(), digits(22), digits(24), (negative, whole, decimals) => {
        const text = `${negative ? '-' : ''}${whole}.${decimals}`;
        const value = read(text);
        if (value !== undefined) expect(value).toBe(Number(text));
        expect(numberEnd()).toBe(text.length + 1);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is never left to it when it is a usual double that was spelled out', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e15, noNaN: true }), (value) => {
        const text = String(value);
        expect(read(text)).toBe(value);
      }),
      { numRuns: 20_000 },
    );
  });

  it('may lie right between two doubles', () => {
    for (const text of [
      '9007199254740993',
      '9007199254740995',
      '1.00000000000000011102',
      '4503599627370496.5',
    ])
      expect(read(text) ?? Number(text)).toBe(Number(text));
  });

  it.each(['', '-', '.5', '5.', '1.2.3', '1e5', '+1', 'NaN', '+Inf', '0x1'])('is not: %j', (text) => {
    expect(read(text)).toBeUndefined();
    expect(numberEnd()).toBe(text.length + 1);
  });
});
