import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

it('stands still until it is advanced', () => {
  const clock = new FakeClock('2026-03-29T00:59:59Z');
  const start = clock.now();
  expect(clock.now()).toBe(start);
  clock.advance(1_500);
  expect(clock.now() - start).toBe(1_500);
});

it.each([-1, Number.NaN])('refuses to be advanced by %s ms', (ms) => {
  expect(() => new FakeClock().advance(ms)).toThrow(RangeError);
});

it('refuses a start that is not a time', () => {
  expect(() => new FakeClock('yesterday')).toThrow(RangeError);
});
