import { describe, expect, it } from 'vitest';
import { builtinSchema } from '../schema/schema.js';
import { applyJsonPatch } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';

describe('applyJsonPatch', () => {
  it.each([
    ['adds to an object', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds at the end of a list', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['adds inside a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['replaces', { a: 1 }, [{ op: 'replace', path: '/a', value: 2 }], { a: 2 }],
    ['removes', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    ['copies', { a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
    ['reads escaped keys', { 'a/b~': 1 }, [{ op: 'replace', path: '/a~1b~0', value: 2 }], { 'a/b~': 2 }],
    ['tests', { a: { b: 1 } }, [{ op: 'test', path: '/a', value: { b: 1 } }], { a: { b: 1 } }],
  ])('%s', (_name, document, patch, expected) => {
    expect(applyJsonPatch(document, patch)).toEqual(expected);
  });

  it.each([
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }], 422],
    ['removing what is not there', [{ op: 'remove', path: '/x' }], 422],
    ['replacing what is not there', [{ op: 'replace', path: '/x', value: 1 }], 422],
    ['a patch that is no list', { op: 'add' }, 400],
    ['an operation without a path', [{ op: 'add' }], 400],
    ['an unknown operation', [{ op: 'increment', path: '/a' }], 400],
  ])('refuses %s', (_name, patch, code) => {
    expect(() => applyJsonPatch({ a: 1 }, patch)).toThrow(expect.objectContaining({ code }));
  });

  it('leaves the document alone', () => {
    const document = { a: [1] };
    applyJsonPatch(document, [{ op: 'add', path: '/a/-', value: 2 }]);
    expect(document).toEqual({ a: [1] });
  });
});

describe('applyMergePatch', () => {
  it('merges objects, removes nulls, and replaces lists', () => {
    expect(applyMergePatch({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { b: null, e: 3 }, d: [3] })).toEqual({
      a: { c: 2, e: 3 },
      d: [3],
    });
  });
});

describe('applyStrategicMergePatch', () => {
  const schema = builtinSchema('Deployment');
  const patched = (spec: object, patch: object): unknown =>
    (applyStrategicMergePatch({ spec }, { spec: patch }, schema) as { spec: unknown }).spec;
  const pod = (spec: object): object => ({ template: { spec } });

  it('merges containers by name and leaves the others', () => {
    const before = pod({
      containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }, { name: 'b' }],
    });
    const patch = pod({ containers: [{ name: 'a', image: 'a:2', env: [{ name: 'Y', value: '2' }] }] });
    expect(patched(before, patch)).toEqual(
      pod({
        containers: [
          {
            name: 'a',
            image: 'a:2',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '2' },
            ],
          },
          { name: 'b' },
        ],
      }),
    );
  });

  it('deletes an item, and replaces a list, by directive', () => {
    const before = pod({ containers: [{ name: 'a' }, { name: 'b' }] });
    expect(patched(before, pod({ containers: [{ name: 'a', $patch: 'delete' }] }))).toEqual(
      pod({ containers: [{ name: 'b' }] }),
    );
    expect(patched(before, pod({ containers: [{ $patch: 'replace' }, { name: 'c' }] }))).toEqual(
      pod({ containers: [{ name: 'c' }] }),
    );
  });

  it('keeps only the named keys with $retainKeys', () => {
    const before = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
    const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
    expect(patched(before, patch)).toEqual({ strategy: { type: 'Recreate' } });
  });

  it('orders a list by $setElementOrder', () => {
    const before = pod({ containers: [{ name: 'a' }, { name: 'b' }] });
    const patch = pod({
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
      containers: [{ name: 'b', image: 'b:2' }],
    });
    expect(patched(before, patch)).toEqual(pod({ containers: [{ name: 'b', image: 'b:2' }, { name: 'a' }] }));
  });

  it('removes from a list of scalars', () => {
    const before = { metadata: { finalizers: ['a', 'b'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } };
    expect(applyStrategicMergePatch(before, patch, schema)).toEqual({ metadata: { finalizers: ['b'] } });
  });

  it('refuses an item without its key', () => {
    expect(() => patched(pod({}), pod({ containers: [{ image: 'a' }] }))).toThrow(/merge key: name/);
  });
});
