import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient } from './cluster.js';
import { deployment } from './workloads.js';

const namespace = ownNamespace();
const services = new ResourceClient('v1', 'services', namespace);
const endpoints = new ResourceClient('v1', 'endpoints', namespace);
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);

const addressesOf = async (name: string) => {
  const subsets = ((await endpoints.get(name)).subsets ?? []) as { addresses?: { ip: string }[] }[];
  return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)).sort();
};

describe.concurrent('a Service', () => {
  it('has the addresses of the ready pods that it selects', async () => {
    await services.create({
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    await deployments.create(deployment('web', { replicas: 2 }));
    await eventually(() => addressesOf('web')).toHaveLength(2);
    const { items } = await pods.list({ labelSelector: 'app=web' });
    expect(await addressesOf('web')).toEqual(items.map((pod) => at(pod, 'status.podIP') as string).sort());
  });

  it('loses a pod that no longer has its labels, and takes one that has', async () => {
    const selector = { app: 'moving', live: 'yes' };
    await services.create({ metadata: { name: 'moving' }, spec: { selector, ports: [{ port: 80 }] } });
    await deployments.create(deployment('moving', { labels: { live: 'yes' } }));
    await eventually(() => addressesOf('moving')).toHaveLength(1);
    const [name = ''] = await pods.names({ labelSelector: 'app=moving' });
    await pods.patch(name, { metadata: { labels: { live: null } } });
    await eventually(() => addressesOf('moving')).toEqual([]);
    await pods.patch(name, { metadata: { labels: { live: 'yes' } } });
    await eventually(() => addressesOf('moving')).toHaveLength(1);
  });

  it('follows its selector', async () => {
    await services.create({
      metadata: { name: 'blue-green' },
      spec: { selector: { app: 'blue' }, ports: [{ port: 80 }] },
    });
    await deployments.create(deployment('green'));
    await eventually(() => endpoints.presence('blue-green')).toBe(200);
    expect(await addressesOf('blue-green')).toEqual([]);
    await services.patch(
      'blue-green',
      [{ op: 'replace', path: '/spec/selector/app', value: 'green' }],
      'json',
    );
    await eventually(() => addressesOf('blue-green')).toHaveLength(1);
  });

  it('keeps its address when it is changed, and may not change it', async () => {
    const made = await services.create({
      metadata: { name: 'steady' },
      spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
    });
    const changed = await services.patch('steady', { spec: { selector: { app: 'y' } } });
    expect(at(changed, 'spec.clusterIP')).toBe(at(made, 'spec.clusterIP'));
    await expect(services.patch('steady', { spec: { clusterIP: '10.96.200.200' } })).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringMatching(/spec\.clusterIPs?\b.*(immutable|may not change once set)/) },
    });
  });
});
