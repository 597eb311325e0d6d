import { jsonEquals, type JsonObject } from '@gennaker/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOfManifest } from '../kind.js';
import { type Manifest } from '../manifest.js';
import { applyPatch, withLastApplied } from './apply.js';
import { applyMergePatch, threeWayMergePatch } from './json-merge.js';
import { applyJsonPatch } from './json-patch.js';
import { mergeSchemaOf } from './merge-schema.js';
import { applyStrategicPatch } from './strategic-merge.js';

interface Container {
  name: string;
  image: string;
  env?: { name: string; value: string }[];
  ports?: { containerPort: number }[];
}

const deployment = (containers: Container[], spec: JsonObject = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns' },
  spec: { ...spec, template: { spec: { containers } } },
});

/** Sends the patch to a pretend server. */
function send(current: Manifest, manifest: Manifest): Manifest {
  const { patch, contentType } = applyPatch(manifest, current);
  const schema = mergeSchemaOf(kindOfManifest(manifest));
  return contentType === 'application/merge-patch+json'
    ? (applyMergePatch(current, patch) as Manifest)
    : applyStrategicPatch(current, patch, schema);
}

describe('applying a manifest', () => {
  it('keeps what others have set and takes away what we no longer name', () => {
    const first = deployment([
      {
        name: 'app',
        image: 'app:1',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      { name: 'proxy', image: 'proxy:1' },
    ]);
    const live = structuredClone(withLastApplied(first));
    const containers = ((live['spec'] as JsonObject)['template'] as { spec: { containers: JsonObject[] } })
      .spec.containers;
    // The server fills in defaults, a webhook adds a sidecar, an autoscaler the size.
    containers[0]!['imagePullPolicy'] = 'IfNotPresent';
    containers.push({ name: 'mesh', image: 'mesh:9' });
    (live['spec'] as JsonObject)['replicas'] = 5;

    const second = deployment([{ name: 'app', image: 'app:2', env: [{ name: 'A', value: '1' }] }]);
    expect(send(live, second)['spec']).toEqual({
      replicas: 5,
      template: {
        spec: {
          containers: [
            {
              name: 'app',
              image: 'app:2',
              env: [{ name: 'A', value: '1' }],
              imagePullPolicy: 'IfNotPresent',
            },
            { name: 'mesh', image: 'mesh:9' },
          ],
        },
      },
    });
  });

  it('asks nothing of the cluster when the object is as wanted', () => {
    const manifest = deployment([{ name: 'app', image: 'app:1' }], { strategy: { type: 'Recreate' } });
    expect(applyPatch(manifest, withLastApplied(manifest)).patch).toEqual({});
  });

  it('drops the fields of the other choice of a union', () => {
    const live = withLastApplied(
      deployment([], { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }),
    );
    (live['spec'] as JsonObject)['strategy'] = {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 1 },
    };
    const next = send(live, deployment([], { strategy: { type: 'Recreate' } }));
    expect((next['spec'] as JsonObject)['strategy']).toEqual({ type: 'Recreate' });
  });

  it('takes nothing away from an object that nobody applied', () => {
    const live = deployment([{ name: 'old', image: 'old:1' }], { paused: true });
    const next = send(live, deployment([{ name: 'app', image: 'app:1' }]));
    expect(next['spec']).toMatchObject({
      paused: true,
      template: { spec: { containers: [{ name: 'old' }, { name: 'app' }] } },
    });
  });

  it('puts the items of a keyed list in the order of the manifest', () => {
    const items = [
      { name: 'a', image: 'a' },
      { name: 'b', image: 'b' },
    ];
    const next = send(withLastApplied(deployment(items)), deployment([...items].reverse()));
    expect(((next['spec'] as JsonObject)['template'] as JsonObject)['spec']).toEqual({
      containers: [...items].reverse(),
    });
  });

  it('merges custom resources field by field and replaces their lists', () => {
    const resource = (spec: JsonObject): Manifest => ({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
      spec,
    });
    const live = withLastApplied(
      resource({ items: [{ name: 'a' }, { name: 'b' }], gone: 1, kept: { x: 1 } }),
    );
    (live['spec'] as JsonObject)['kept'] = { x: 1, byOthers: true };
    const next = send(live, resource({ items: [{ name: 'b' }], kept: { x: 2 } }));
    expect(next['spec']).toEqual({ items: [{ name: 'b' }], kept: { x: 2, byOthers: true } });
  });

  it('always ends where a second apply has nothing to do, whatever the three sides were', () => {
    const container = fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c'),
        image: fc.constantFrom('x', 'y'),
        env: fc.uniqueArray(
          fc.record({ name: fc.constantFrom('E', 'F', 'G'), value: fc.constantFrom('1', '2') }),
          {
            selector: (env) => env.name,
          },
        ),
        ports: fc.uniqueArray(fc.record({ containerPort: fc.constantFrom(80, 81) }), {
          selector: (port) => port.containerPort,
        }),
        args: fc.array(fc.constantFrom('-v', '-q'), { maxLength: 2 }),
      },
      { requiredKeys: ['name', 'image'] },
    );
    const spec = fc.record(
      {
        replicas: fc.nat(3),
        strategy: fc.constantFrom<JsonObject>(
          { type: 'Recreate' },
          { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
        ),
        finalizers: fc.uniqueArray(fc.constantFrom('f', 'g')),
      },
      { requiredKeys: [] },
    );
    const side = fc
      .tuple(fc.uniqueArray(container, { selector: (one) => one.name, minLength: 1 }), spec)
      .map(([containers, rest]) => {
        const { finalizers, ...inner } = rest;
        const manifest = deployment(containers, inner);
        if (finalizers) (manifest['metadata'] as JsonObject)['finalizers'] = finalizers;
        return manifest;
      });
    fc.assert(
      fc.property(side, side, side, (original, live, modified) => {
        const noted = withLastApplied(original);
        const current = {
          ...live,
          metadata: {
            ...(live['metadata'] as JsonObject),
            annotations: (noted['metadata'] as JsonObject)['annotations'],
          },
        };
        const next = send(current, modified);
        expect(applyPatch(modified, next).patch).toEqual({});
        const template = (next['spec'] as JsonObject)['template'] as { spec: { containers: Container[] } };
        const wanted = (modified['spec'] as JsonObject)['template'] as { spec: { containers: Container[] } };
        for (const one of wanted.spec.containers) {
          expect(template.spec.containers.find(({ name }) => name === one.name)).toMatchObject({
            image: one.image,
          });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a three-way merge patch', () => {
  it('applied to the live object gives it every wanted value and none of the given up', () => {
    const leaf = fc.oneof(fc.nat(3), fc.constantFrom('a', 'b'), fc.array(fc.nat(2), { maxLength: 2 }));
    const tree = fc.dictionary(
      fc.constantFrom('p', 'q', 'r'),
      fc.oneof(leaf, fc.dictionary(fc.constantFrom('p', 'q'), leaf)),
    );
    fc.assert(
      fc.property(tree, tree, tree, (original, modified, current) => {
        const next = applyMergePatch(current, threeWayMergePatch(original, modified, current)) as JsonObject;
        for (const [key, value] of Object.entries(modified)) {
          if (typeof value !== 'object' || Array.isArray(value)) expect(next[key]).toEqual(value);
        }
        for (const key of Object.keys(original)) if (!(key in modified)) expect(next).not.toHaveProperty(key);
        expect(jsonEquals(threeWayMergePatch(original, modified, next), {})).toBe(true);
      }),
    );
  });
});

describe('a JSON patch', () => {
  it('adds, replaces, removes, moves, copies and tests', () => {
    const result = applyJsonPatch({ a: [1, 2], b: { 'x/y': 1 }, c: 1 }, [
      { op: 'add', path: '/a/-', value: 3 },
      { op: 'remove', path: '/a/0' },
      { op: 'replace', path: '/b/x~1y', value: 2 },
      { op: 'copy', from: '/b', path: '/d' },
      { op: 'move', from: '/c', path: '/e' },
      { op: 'test', path: '/e', value: 1 },
    ]);
    expect(result).toEqual({ a: [2, 3], b: { 'x/y': 2 }, d: { 'x/y': 2 }, e: 1 });
  });

  it.each([
    [{ op: 'remove' as const, path: '/none' }, 'there is nothing at this path'],
    [{ op: 'test' as const, path: '/a', value: 2 }, 'the value differs'],
    [{ op: 'add' as const, path: 'a', value: 2 }, 'starts with /'],
  ])('names the operation that does not fit: %j', (operation, message) => {
    expect(() => applyJsonPatch({ a: 1 }, [operation])).toThrow(message);
  });
});
