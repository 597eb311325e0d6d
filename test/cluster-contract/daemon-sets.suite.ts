import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient } from './cluster.js';
import { daemonSet, type WorkloadOptions } from './workloads.js';

const namespace = ownNamespace();
const daemonSets = new ResourceClient('apps/v1', 'daemonsets', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);
const nodes = new ResourceClient('v1', 'nodes');

const podsOf = async (name: string) => (await pods.list({ labelSelector: `app=${name}` })).items;
const setImage = (name: string, image: string) =>
  daemonSets.patch(
    name,
    { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } },
    'strategic',
  );

async function settled(name: string) {
  const count = (await nodes.names()).length;
  await eventually(() => daemonSets.get(name)).toSatisfy(({ metadata, status }) => {
    const counts = (status ?? {}) as Record<string, number>;
    return (
      counts.observedGeneration === metadata.generation &&
      counts.desiredNumberScheduled === count &&
      counts.updatedNumberScheduled === count &&
      counts.numberAvailable === count
    );
  });
  return count;
}

async function made(name: string, options: WorkloadOptions = {}) {
  await daemonSets.create(daemonSet(name, options));
  return settled(name);
}

describe.concurrent('a DaemonSet', () => {
  it('has one pod on every node', async () => {
    const count = await made('everywhere');
    const placed = (await podsOf('everywhere')).map((pod) => at(pod, 'spec.nodeName') as string);
    expect(placed.sort()).toEqual(await nodes.names());
    expect(await daemonSets.get('everywhere')).toMatchObject({
      status: {
        currentNumberScheduled: count,
        desiredNumberScheduled: count,
        numberAvailable: count,
        numberReady: count,
        numberMisscheduled: 0,
        updatedNumberScheduled: count,
        observedGeneration: 1,
      },
    });
  });

  it('has none where no node is selected', async () => {
    await daemonSets.create(daemonSet('nowhere', { podSpec: { nodeSelector: { none: 'such' } } }));
    await eventually(() => daemonSets.get('nowhere')).toMatchObject({
      status: { observedGeneration: 1, desiredNumberScheduled: 0, numberReady: 0 },
    });
    expect(await podsOf('nowhere')).toEqual([]);
  });

  it('makes a deleted pod anew', async () => {
    const count = await made('healing');
    const [gone] = await podsOf('healing');
    await pods.remove(gone?.metadata.name ?? '');
    await eventually(async () => (await podsOf('healing')).map((pod) => pod.metadata.uid)).toSatisfy(
      (uids) => uids.length === count && !uids.includes(gone?.metadata.uid ?? ''),
    );
  });

  it('replaces its pods when the template changes', async () => {
    const count = await made('updated');
    await setImage('updated', 'registry.example/app:2');
    await settled('updated');
    const images = (await podsOf('updated')).map((pod) => at(pod, 'spec.containers.0.image'));
    expect(images).toEqual(Array.from({ length: count }, () => 'registry.example/app:2'));
  });

  it('waits for pods to be deleted under OnDelete', async () => {
    await made('by-hand', { spec: { updateStrategy: { type: 'OnDelete' } } });
    await setImage('by-hand', 'registry.example/app:2');
    await eventually(() => daemonSets.get('by-hand')).toMatchObject({ status: { observedGeneration: 2 } });
    const [first] = await podsOf('by-hand');
    expect(at(first, 'spec.containers.0.image')).toBe('registry.example/app:1');
    await pods.remove(first?.metadata.name ?? '');
    await eventually(async () =>
      (await podsOf('by-hand')).map((pod) => at(pod, 'spec.containers.0.image')),
    ).toContain('registry.example/app:2');
  });

  it('has no scale', async () => {
    await made('unscalable');
    await expect(daemonSets.get('unscalable', 'scale')).rejects.toMatchObject({ status: 404 });
  });
});
