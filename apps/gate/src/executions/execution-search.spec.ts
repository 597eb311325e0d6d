import { describe, expect, it } from 'vitest';
import { searchFilterOf } from './execution-search.js';

const trigger = {
  type: 'webhook',
  eventId: 'e1',
  payload: { tags: ['a', 'b'], branch: 'release-1', count: 3 },
};
const search = (part: unknown) =>
  searchFilterOf({ trigger: Buffer.from(JSON.stringify(part)).toString('base64') });

describe('searchFilterOf', () => {
  it.each([
    [{ type: 'webhook' }, true],
    [{ payload: { branch: 'release-.*' } }, true],
    [{ payload: { branch: 'release' } }, false],
    [{ payload: { tags: ['b', 'a'] } }, true],
    [{ payload: { tags: ['c'] } }, false],
    [{ payload: { count: 3 } }, true],
    [{ payload: { count: 4 } }, false],
    [{ missing: '.*' }, false],
    [{ payload: { branch: '(((' } }, false],
  ])('%j: %s', (part, found) => {
    expect(search(part)?.(trigger)).toBe(found);
  });

  it('asks nothing when nothing is given, and compares the event id', () => {
    expect(searchFilterOf({})).toBeUndefined();
    expect(searchFilterOf({ eventId: 'e1' })?.(trigger)).toBe(true);
    expect(searchFilterOf({ eventId: 'e2' })?.(trigger)).toBe(false);
  });

  it('refuses what is no base64 of a JSON object', () => {
    expect(() => searchFilterOf({ trigger: '%%%' })).toThrow('trigger: must be the base64');
    expect(() => search([1])).toThrow('trigger: must be the base64');
  });
});
