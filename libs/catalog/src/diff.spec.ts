import { describe, expect, it } from 'vitest';
import { diffJson } from './diff.js';

describe('diffJson', () => {
  it('names each place that changed, with both values', () => {
    const before = { name: 'a', stages: [{ type: 'wait', waitTime: 1 }], old: true, same: [1] };
    const after = { name: 'b', stages: [{ type: 'wait', waitTime: 2 }, { type: 'x' }], same: [1] };
    expect(diffJson(before, after)).toEqual([
      { path: 'name', before: 'a', after: 'b' },
      { path: 'stages[0].waitTime', before: 1, after: 2 },
      { path: 'stages[1]', after: { type: 'x' } },
      { path: 'old', before: true },
    ]);
  });

  it('finds nothing between equal documents, whatever the order of their keys', () => {
    expect(diffJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([]);
  });

  it('stays bounded for documents that have nothing in common', () => {
    const wide = (value: number) =>
      Object.fromEntries(Array.from({ length: 5_000 }, (_, key) => [key, { value }]));
    const changes = diffJson({ a: wide(1), b: wide(1) }, { a: wide(2), b: wide(2) });
    expect(changes).toHaveLength(201);
    expect(changes.at(-1)).toEqual({ path: '…' });
  });
});
