import { describe, expect, it } from 'vitest';
import { membersOf, parseCriteria, pickManifest } from './manifest-target.js';

const replicaSet = (name: string, created: string, replicas?: number, annotations: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, creationTimestamp: `2026-01-01T00:00:${created}Z`, annotations },
  spec: { replicas },
});

const all = [
  replicaSet('b', '20', 3),
  replicaSet('a', '10', 5),
  replicaSet('d', '30'),
  replicaSet('c', '25', 3),
];

describe('picking a manifest', () => {
  it.each([
    ['newest', 'd'],
    ['second_newest', 'c'],
    ['oldest', 'a'],
    ['largest', 'a'],
    ['smallest', 'd'],
  ])('%s is %s', (criteria, name) => {
    expect(pickManifest(all, parseCriteria(criteria))).toMatchObject({ metadata: { name } });
  });

  it('prefers the newest of equal size', () => {
    expect(pickManifest(all.slice(0, 1).concat(all.slice(3)), 'largest')).toMatchObject({
      metadata: { name: 'c' },
    });
  });

  it('lets the version decide within one second', () => {
    const version = (n: number) =>
      replicaSet(`x-v00${n}`, '10', 1, { 'moniker.spinnaker.io/sequence': String(n) });
    expect(pickManifest([version(2), version(0), version(1)], 'newest')).toMatchObject({
      metadata: { name: 'x-v002' },
    });
  });

  it('finds nothing among too few', () => {
    expect(() => pickManifest(all.slice(0, 1), 'second_newest')).toThrow(
      /No manifests matching second_newest/,
    );
    expect(() => pickManifest([], 'smallest')).toThrow(/No manifests/);
  });

  it('takes criteria in any case, and no others', () => {
    expect(parseCriteria('Second-Newest')).toBe('second_newest');
    expect(() => parseCriteria('biggest')).toThrow(/not one of newest/);
  });

  it('chooses among what is annotated as of the cluster and application, never by name', () => {
    const of = (cluster: string) => ({
      'moniker.spinnaker.io/application': 'shop',
      'moniker.spinnaker.io/cluster': `"${cluster}"`,
    });
    const mine = replicaSet('x', '10', 1, of('replicaSet x'));
    const others = [replicaSet('shop', '10'), replicaSet('y', '10', 1, of('replicaSet y'))];
    expect(membersOf([mine, ...others], 'shop', 'replicaSet x')).toEqual([mine]);
  });
});
