import { describe, expect, it } from 'vitest';
import { momentOf } from './moment.js';

describe('momentOf', () => {
  it.each([
    ['17', { kind: 'version', version: 17 }],
    ['1764000000000', { kind: 'time', time: 1_764_000_000_000 }],
    ['2026-11-23T12:00:00Z', { kind: 'time', time: Date.parse('2026-11-23T12:00:00Z') }],
    ['2026-11-23', { kind: 'time', time: Date.parse('2026-11-23') }],
  ])('reads %s', (text, moment) => {
    expect(momentOf(text)).toEqual(moment);
  });

  it.each(['0', '-1', 'yesterday', '99999999999999999999', '2026-99-99', '1.5', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => momentOf(text)).toThrow('at: must be a version');
    },
  );
});
