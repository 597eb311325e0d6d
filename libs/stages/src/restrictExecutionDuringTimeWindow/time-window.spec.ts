import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nextOpening, type DailyWindow } from './time-window.js';

interface Case {
  id: string;
  zone: string;
  now: string;
  whitelist: DailyWindow[];
  days: number[];
  opens: string;
}

const cases = JSON.parse(
  readFileSync(new URL('./__fixtures__/windows.json', import.meta.url), 'utf8'),
) as Case[];

describe('the next opening of a time window', () => {
  it.each(cases.map((one) => [one.id, one] as const))('%s', (_id, { now, opens, ...window }) => {
    expect(new Date(nextOpening(window, Date.parse(now))).toISOString()).toBe(new Date(opens).toISOString());
  });
});
