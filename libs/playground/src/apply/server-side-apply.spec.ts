import { describe, expect, it } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '../model/objects.js';
import { builtinSchema } from '../schema/schema.js';
import { trackUpdate } from './managed-fields.js';
import { ApplyConflictError, serverSideApply } from './server-side-apply.js';

const schema = builtinSchema('Deployment');
const object = (spec: object, managedFields: ManagedFieldsEntry[] = []): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', ...(managedFields.length > 0 ? { managedFields } : {}) },
    spec,
  }) as unknown as KubeObject;
const writer = (manager: string) => ({ manager, apiVersion: 'apps/v1', now: 0 });
const containers = (...list: object[]): object => ({ template: { spec: { containers: list } } });

function apply(live: KubeObject, spec: object, manager: string, force = false): KubeObject {
  const result = serverSideApply(live, object(spec), schema, { writer: writer(manager), force });
  return { ...result.object, metadata: { ...result.object.metadata, managedFields: result.managedFields } };
}

function update(live: KubeObject, spec: object, manager: string): KubeObject {
  const next = object(spec);
  return {
    ...next,
    metadata: { ...next.metadata, managedFields: trackUpdate(live, next, schema, writer(manager)) },
  };
}

const owners = (live: KubeObject): string[] =>
  (live.metadata.managedFields ?? []).map((entry) => entry.manager);

describe('serverSideApply', () => {
  it('records what the manager applied', () => {
    const live = apply(object({}), { replicas: 2, ...containers({ name: 'a', image: 'a:1' }) }, 'ci');
    expect(live.metadata.managedFields).toMatchObject([
      {
        manager: 'ci',
        operation: 'Apply',
        fieldsV1: {
          'f:spec': {
            'f:replicas': {},
            'f:template': {
              'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
            },
          },
        },
      },
    ]);
  });

  it('removes what the manager no longer names', () => {
    const first = apply(object({}), { replicas: 2, minReadySeconds: 5 }, 'ci');
    expect(apply(first, { replicas: 2 }, 'ci')['spec']).toEqual({ replicas: 2 });
  });

  it('keeps what another manager owns too', () => {
    const first = apply(object({}), { replicas: 2 }, 'ci');
    const shared = apply(first, { replicas: 2 }, 'ops');
    expect(apply(shared, { minReadySeconds: 1 }, 'ci')['spec']).toEqual({ replicas: 2, minReadySeconds: 1 });
  });

  it('merges items of a list by their key', () => {
    const first = apply(object({}), containers({ name: 'a', image: 'a:1' }), 'ci');
    const second = apply(first, containers({ name: 'b', image: 'b:1' }), 'mesh');
    expect(second['spec']).toEqual(containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }));
    expect(apply(second, containers(), 'mesh')['spec']).toEqual(containers({ name: 'a', image: 'a:1' }));
  });

  it('refuses to change a field of another manager, and names both', () => {
    const live = apply(object({}), { replicas: 2 }, 'ci');
    const scaled = update(live, { replicas: 5 }, 'autoscaler');
    expect(() => apply(scaled, { replicas: 2 }, 'ci')).toThrow(ApplyConflictError);
    expect(() => apply(scaled, { replicas: 2 }, 'ci')).toThrow(
      'Apply failed with 1 conflict: conflict with "autoscaler" using apps/v1: .spec.replicas',
    );
  });

  it('does not call equal values a conflict', () => {
    const live = apply(object({}), { replicas: 2 }, 'ci');
    expect(owners(apply(live, { replicas: 2 }, 'ops'))).toEqual(['ci', 'ops']);
  });

  it('takes the field over by force', () => {
    const live = apply(object({}), { replicas: 2 }, 'ci');
    const forced = apply(live, { replicas: 3 }, 'ops', true);
    expect(forced['spec']).toEqual({ replicas: 3 });
    expect(owners(forced)).toEqual(['ops']);
  });
});

describe('trackUpdate', () => {
  it('gives a changed field to the writer and takes it from its owner', () => {
    const live = apply(object({}), { replicas: 2, minReadySeconds: 1 }, 'ci');
    const next = update(live, { replicas: 4, minReadySeconds: 1 }, 'kubectl');
    expect(next.metadata.managedFields).toMatchObject([
      { manager: 'ci', fieldsV1: { 'f:spec': { 'f:minReadySeconds': {} } } },
      { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ]);
  });

  it('changes nothing when nothing changed', () => {
    const live = apply(object({}), { replicas: 2 }, 'ci');
    expect(owners(update(live, { replicas: 2 }, 'kubectl'))).toEqual(['ci']);
  });
});
