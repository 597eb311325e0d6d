import { describe, expect, it } from 'vitest';
import { diffManifests } from './diff.js';
import { type Manifest } from './manifest.js';
import { stripSecret } from './redact.js';

const deployment = (image: string, more: object = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', resourceVersion: image, managedFields: [image] },
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'side', image: 's' },
          { name: 'app', image, ...more },
        ],
      },
    },
  },
  status: { image },
});

describe('the diff of two states', () => {
  it('names the field by its list key and leaves the bookkeeping out', () => {
    expect(diffManifests(deployment('a:1'), deployment('a:2', { tty: true })).changes).toEqual([
      { path: 'spec.template.spec.containers[name=app].image', before: 'a:1', after: 'a:2' },
      { path: 'spec.template.spec.containers[name=app].tty', after: true },
    ]);
  });

  it('tells of a new object by its fields', () => {
    const { changes } = diffManifests(undefined, { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
    expect(changes).toContainEqual({ path: 'data.a', after: '1' });
  });

  it('never shows a Secret’s values', () => {
    const secret = (value: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Secret',
      data: { token: value },
    });
    expect(diffManifests(secret('b25l'), secret('dHdv')).changes).toEqual([
      { path: 'data.token', before: '<redacted>', after: '<redacted>' },
    ]);
    expect(JSON.stringify(diffManifests(undefined, secret('b25l')))).not.toContain('b25l');
    expect(JSON.stringify(diffManifests(secret('b25l'), undefined))).not.toContain('b25l');
  });

  it('counts what it does not list', () => {
    const data = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`k${index}`, 'v']));
    const diff = diffManifests(
      { apiVersion: 'v1', kind: 'ConfigMap', data: {} },
      { apiVersion: 'v1', kind: 'ConfigMap', data },
    );
    expect(diff.changes).toHaveLength(200);
    expect(diff.omitted).toBe(50);
  });
});

describe('a Secret', () => {
  const secret: Manifest = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 's',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"cGF5bG9hZA=="}}' },
    },
    data: { a: 'cGF5bG9hZA==' },
    stringData: { b: 'payload' },
  };

  it('leaves no value behind, not even in its annotation', () => {
    expect(JSON.stringify(stripSecret(secret))).not.toMatch(/cGF5bG9hZA|payload/);
    expect(stripSecret(secret)).not.toHaveProperty('data');
  });
});
