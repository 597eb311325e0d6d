import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient, send } from './cluster.js';
import { deployment, pod, replicaSet, statefulSet } from './workloads.js';

const namespace = ownNamespace();
const unplaceable = { nodeSelector: { none: 'such' } };
const scalable = [
  ['Deployment', new ResourceClient('apps/v1', 'deployments', namespace), deployment],
  ['ReplicaSet', new ResourceClient('apps/v1', 'replicasets', namespace), replicaSet],
  ['StatefulSet', new ResourceClient('apps/v1', 'statefulsets', namespace), statefulSet],
] as const;
const deployments = scalable[0][1];

describe.each(scalable)('the scale of a %s', (kind, client, draft) => {
  const name = `scale-${kind.toLowerCase()}`;

  it('is an autoscaling/v1 Scale', async () => {
    const made = await client.create(draft(name, { replicas: 0, podSpec: unplaceable }));
    expect(await client.get(name, 'scale')).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid: made.metadata.uid },
      status: { replicas: 0, selector: `app=${name}` },
    });
  });

  it('can be replaced, and changes spec.replicas', async () => {
    // Read and written again when the controller came in between.
    await eventually(async () => {
      const scale = await client.get(name, 'scale');
      return client.replace(name, { ...scale, spec: { replicas: 2 } }, {}, 'scale');
    }).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    expect(at(await client.get(name), 'spec.replicas')).toBe(2);
  });

  it('can be patched', async () => {
    const changed = await client.patch(name, { spec: { replicas: 1 } }, 'merge', {}, 'scale');
    expect(changed).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
    expect(at(await client.get(name), 'spec.replicas')).toBe(1);
  });

  it('shows the replicas that there are', async () => {
    await eventually(() => client.get(name, 'scale')).toMatchObject({ status: { replicas: 1 } });
  });

  it('is refused with 409 when it is stale', async () => {
    const scale = await client.get(name, 'scale');
    await client.patch(name, { spec: { replicas: 0 } });
    await expect(
      client.replace(name, { ...scale, spec: { replicas: 2 } }, {}, 'scale'),
    ).rejects.toMatchObject({
      status: 409,
    });
  });

  it('may not be negative', async () => {
    await expect(client.patch(name, { spec: { replicas: -1 } }, 'merge', {}, 'scale')).rejects.toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: 'spec.replicas' }] } },
    });
  });
});

describe('the scale', () => {
  it('of what is not there is 404', async () => {
    await expect(deployments.get('absent', 'scale')).rejects.toMatchObject({ status: 404 });
  });

  it('raises the generation when it changes', async () => {
    await deployments.create(deployment('generation', { replicas: 0, podSpec: unplaceable }));
    await deployments.patch('generation', { spec: { replicas: 1 } }, 'merge', {}, 'scale');
    expect((await deployments.get('generation')).metadata.generation).toBe(2);
  });
});

describe('the status', () => {
  const pods = new ResourceClient('v1', 'pods', namespace);

  it('is changed by its own path only, which changes nothing else', async () => {
    const made = await pods.create(pod('reported', { podSpec: unplaceable }));
    const draft = { ...made, metadata: { ...made.metadata, resourceVersion: undefined } };
    const through = { ...draft, status: { phase: 'Pending', message: 'by hand' } };
    const changed = await pods.replace('reported', through, {}, 'status');
    expect(changed).toMatchObject({ status: { message: 'by hand' } });
    expect(changed.spec).toEqual(made.spec);

    const main = await pods.patch('reported', { status: { message: 'by the main path' } });
    expect(main).toMatchObject({ status: { message: 'by hand' } });
  });

  it('can be patched, with conditions merged by type', async () => {
    await pods.create(pod('conditioned', { podSpec: unplaceable }));
    const condition = (type: string) => ({ type, status: 'True' });
    await pods.patch(
      'conditioned',
      { status: { conditions: [condition('example.org/A')] } },
      'strategic',
      {},
      'status',
    );
    const changed = await pods.patch(
      'conditioned',
      { status: { conditions: [condition('example.org/B')] } },
      'strategic',
      {},
      'status',
    );
    const types = (at(changed, 'status.conditions') as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['example.org/A', 'example.org/B']));
  });

  it('does not raise the generation', async () => {
    const made = await deployments.create(deployment('unraised', { replicas: 0 }));
    await eventually(() => deployments.get('unraised')).toMatchObject({ status: { observedGeneration: 1 } });
    const condition = { type: 'example.org/Checked', status: 'True' };
    await deployments.patch('unraised', { status: { conditions: [condition] } }, 'strategic', {}, 'status');
    expect((await deployments.get('unraised')).metadata.generation).toBe(made.metadata.generation);
  });

  it('can be read at its own path', async () => {
    expect((await send('GET', deployments.at('unraised', 'status'))).body).toMatchObject({
      kind: 'Deployment',
    });
  });
});
