import { describe, expect, it } from 'vitest';
import { ANNOTATIONS } from './annotations.js';
import { mapSecretValues } from './secret-values.js';

const hide = (value: unknown, encoded: boolean): string =>
  `${encoded ? 'data' : 'text'}:${JSON.stringify(value)}`;

describe('what Secrets hold', () => {
  it('is found in manifests at any depth, in lists, and in the note of the last apply', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a', annotations: { [ANNOTATIONS.lastApplied]: '{…}', other: 'x' } },
      data: { password: 'aA==' },
      stringData: { user: 'ann', port: 5432 },
      type: 'Opaque',
    };
    const list = { kind: 'List', items: [secret, { kind: 'ConfigMap', data: { user: 'ann' } }] };
    expect(mapSecretValues({ stages: [{ manifests: [list] }] }, hide)).toEqual({
      stages: [
        {
          manifests: [
            {
              kind: 'List',
              items: [
                {
                  apiVersion: 'v1',
                  kind: 'Secret',
                  metadata: {
                    name: 'a',
                    annotations: { [ANNOTATIONS.lastApplied]: 'text:"{…}"', other: 'x' },
                  },
                  data: { password: 'data:"aA=="' },
                  stringData: { user: 'text:"ann"', port: 'text:5432' },
                  type: 'Opaque',
                },
                { kind: 'ConfigMap', data: { user: 'ann' } },
              ],
            },
          ],
        },
      ],
    });
  });

  it('is found where the values are something else than a map, as an expression gives it', () => {
    expect(mapSecretValues({ kind: 'secret', data: 'all of it', stringData: null }, hide)).toEqual({
      kind: 'secret',
      data: 'data:"all of it"',
      stringData: null,
    });
  });

  it.each([
    [
      { stringData: { a: 'b' }, metadata: {} },
      { stringData: { a: 'text:"b"' }, metadata: {} },
    ],
    [[{ data: { a: 'b' } }], [{ data: { a: 'data:"b"' } }]],
    [[{ op: 'add', path: '/data/a', value: 'b' }], [{ op: 'add', path: '/data/a', value: 'data:"b"' }]],
    [
      [{ op: 'replace', path: '/stringData', value: { a: 'b' } }],
      [{ op: 'replace', path: '/stringData', value: { a: 'text:"b"' } }],
    ],
    [
      [{ op: 'replace', path: '', value: { data: { a: 'b' } } }],
      [{ op: 'replace', path: '', value: { data: { a: 'data:"b"' } } }],
    ],
    [[{ op: 'remove', path: '/data/a' }], [{ op: 'remove', path: '/data/a' }]],
    [
      [{ op: 'add', path: '/metadata/labels/a', value: 'b' }],
      [{ op: 'add', path: '/metadata/labels/a', value: 'b' }],
    ],
  ])('is found in patches of Secrets: %j', (patchBody, expected) => {
    const patch = { manifestName: 'secret token', patchBody };
    expect(mapSecretValues(patch, hide)).toEqual({ ...patch, patchBody: expected });
    const other = { manifestName: 'configMap token', patchBody };
    expect(mapSecretValues(other, hide)).toBe(other);
  });

  it('is not looked for in kinds of other groups that have the name', () => {
    const other = { apiVersion: 'example.com/v1', kind: 'Secret', data: { a: 'b' } };
    expect(mapSecretValues(other, hide)).toBe(other);
  });
});
