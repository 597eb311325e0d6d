import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending } from '../statistics/descriptive.js';
import { gaussianFrom, seededUniform } from '../statistics/random.js';
import { differencesOf, type Ladder, meansOf } from './ladder.js';

const values = (max: number) =>
  fc.array(
    fc
      .oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }))
      .map((v) => v + 0),
    { minLength: 1, maxLength: max },
  );

function expectSame(ladder: Ladder, written: number[]): void {
  const sorted = Float64Array.from(written).sort();
  expect(ladder.size).toBe(sorted.length);
  for (const k of new Set([
    1,
    2,
    Math.ceil(sorted.length / 3),
    Math.ceil(sorted.length / 2),
    sorted.length,
  ])) {
    if (k > sorted.length) continue;
    expect(ladder.select(k) + 0, `rung ${k}`).toBe(sorted[k - 1]! + 0);
  }
  for (const value of [0, sorted[0]!, sorted[sorted.length >> 1]!, 0.5]) {
    const below = sorted.filter((v) => v < value).length;
    const equal = sorted.filter((v) => v === value).length;
    expect(ladder.count(value)).toEqual({ below, equal });
  }
}

const differences = (x: Float64Array, y: Float64Array) => [...x].flatMap((a) => [...y].map((b) => a - b));
const means = (d: Float64Array) => [...d].flatMap((a, i) => Array.from(d.slice(i), (b) => (a + b) / 2));

describe('a ladder', () => {
  it('has the rungs that writing out all differences gives', () => {
    fc.assert(
      fc.property(values(40), values(40), (a, b) => {
        const x = ascending(a);
        const y = ascending(b);
        expectSame(differencesOf(x, y), differences(x, y));
      }),
    );
  });

  it('has the rungs that writing out all means gives', () => {
    fc.assert(
      fc.property(values(60), (a) => {
        const d = ascending(a);
        expectSame(meansOf(d), means(d));
      }),
    );
  });

  it.each([
    ['bell-shaped', (g: () => number) => g()],
    ['rounded', (g: () => number) => Math.round(g())],
    ['with far outliers', (g: () => number) => (g() > 2 ? 1e9 * g() : g())],
    ['tiny', (g: () => number) => 1e-12 * g()],
  ])('finds every rung of long samples that are %s', (_, draw) => {
    const gaussian = gaussianFrom(seededUniform(3));
    const sample = () => ascending(Array.from({ length: 300 }, () => draw(gaussian)));
    const [x, y] = [sample(), sample()];
    expectSame(differencesOf(x, y), differences(x, y));
    expectSame(meansOf(x), means(x));
  });
});
