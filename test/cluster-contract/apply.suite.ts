import { describe, expect, it } from 'vitest';
import { at, ownNamespace, ResourceClient, send, type Resource } from './cluster.js';
import { configMap, deployment } from './workloads.js';

const namespace = ownNamespace();
const configMaps = new ResourceClient('v1', 'configmaps', namespace);
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);

const managersOf = (object: Resource) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation }) => `${operation} ${manager}`).sort();

describe('server-side apply', () => {
  it('makes the object, answers 201, and records who set what', async () => {
    const { status, body } = await send('PATCH', configMaps.at('made'), {
      body: configMap('made', { a: '1' }),
      type: 'application/apply-patch+yaml',
      query: { fieldManager: 'alice' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      data: { a: '1' },
      metadata: {
        managedFields: [
          {
            manager: 'alice',
            operation: 'Apply',
            apiVersion: 'v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {} } },
          },
        ],
      },
    });
  });

  it('takes YAML', async () => {
    const { status, body } = await send('PATCH', configMaps.at('yaml'), {
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n',
      type: 'application/apply-patch+yaml',
      query: { fieldManager: 'alice' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ data: { a: '1' } });
  });

  it('changes nothing when applied again', async () => {
    const first = await configMaps.apply('again', configMap('again', { a: '1' }), 'alice');
    const second = await configMaps.apply('again', configMap('again', { a: '1' }), 'alice');
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('removes a field that its only owner no longer applies', async () => {
    await configMaps.apply('dropped', configMap('dropped', { a: '1', b: '2' }), 'alice');
    const applied = await configMaps.apply('dropped', configMap('dropped', { a: '1' }), 'alice');
    expect(applied.data).toEqual({ a: '1' });
  });

  it('lets two managers share an object', async () => {
    await configMaps.apply('shared', configMap('shared', { a: '1' }), 'alice');
    const applied = await configMaps.apply('shared', configMap('shared', { b: '2' }), 'bob');
    expect(applied.data).toEqual({ a: '1', b: '2' });
    expect(managersOf(applied)).toEqual(['Apply alice', 'Apply bob']);
  });

  it('keeps a field that another manager still applies', async () => {
    await configMaps.apply('co-owned', configMap('co-owned', { a: '1' }), 'alice');
    await configMaps.apply('co-owned', configMap('co-owned', { a: '1', b: '2' }), 'bob');
    const applied = await configMaps.apply('co-owned', configMap('co-owned', { b: '2' }), 'bob');
    expect(applied.data).toEqual({ a: '1', b: '2' });
  });

  it('refuses with 409 to change what another manager set, naming both', async () => {
    await configMaps.apply('disputed', configMap('disputed', { a: '1' }), 'alice');
    await expect(
      configMaps.apply('disputed', configMap('disputed', { a: '2' }), 'bob'),
    ).rejects.toMatchObject({
      status: 409,
      body: {
        kind: 'Status',
        reason: 'Conflict',
        message: expect.stringContaining('conflict with "alice"'),
        details: {
          causes: [
            {
              reason: 'FieldManagerConflict',
              message: expect.stringContaining('alice'),
              field: '.data.a',
            },
          ],
        },
      },
    });
    expect((await configMaps.get('disputed')).data).toEqual({ a: '1' });
  });

  it('takes the field over when forced', async () => {
    await configMaps.apply('forced', configMap('forced', { a: '1' }), 'alice');
    const applied = await configMaps.apply('forced', configMap('forced', { a: '2' }), 'bob', { force: true });
    expect(applied.data).toEqual({ a: '2' });
    await expect(configMaps.apply('forced', configMap('forced', { a: '1' }), 'alice')).rejects.toMatchObject({
      status: 409,
    });
  });

  it('finds no conflict in an equal value', async () => {
    await configMaps.apply('agreed', configMap('agreed', { a: '1' }), 'alice');
    const applied = await configMaps.apply('agreed', configMap('agreed', { a: '1' }), 'bob');
    expect(managersOf(applied)).toEqual(['Apply alice', 'Apply bob']);
  });

  it('counts an update as a manager of its own, whose fields conflict', async () => {
    await configMaps.apply('updated', configMap('updated', { a: '1' }), 'alice');
    const patched = await configMaps.patch('updated', { data: { a: '2' } }, 'merge', {
      fieldManager: 'carol',
    });
    expect(managersOf(patched)).toContain('Update carol');
    await expect(
      configMaps.apply('updated', configMap('updated', { a: '1' }), 'alice'),
    ).rejects.toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('"carol"') },
    });
  });

  it('merges containers by name and keeps those of others', async () => {
    const applied = (containers: object[], manager: string) =>
      deployments.apply('merged', deployment('merged', { replicas: 0, podSpec: { containers } }), manager);
    await applied([{ name: 'app', image: 'a:1', ports: [{ containerPort: 80 }] }], 'alice');
    await applied([{ name: 'side', image: 's:1' }], 'bob');
    const both = await applied(
      [{ name: 'app', image: 'a:2', ports: [{ containerPort: 80 }, { containerPort: 81 }] }],
      'alice',
    );
    const containers = at(both, 'spec.template.spec.containers') as {
      name: string;
      image: string;
      ports?: [];
    }[];
    expect(containers.map(({ name, image }) => `${name} ${image}`).sort()).toEqual(['app a:2', 'side s:1']);
    expect(containers.find(({ name }) => name === 'app')?.ports).toHaveLength(2);
  });

  it('names an item of a list by its key when it is disputed', async () => {
    const withImage = (image: string) => deployment('keyed', { replicas: 0, image });
    await deployments.apply('keyed', withImage('a:1'), 'alice');
    await expect(deployments.apply('keyed', withImage('a:2'), 'bob')).rejects.toMatchObject({
      status: 409,
      body: { details: { causes: [{ field: '.spec.template.spec.containers[name="app"].image' }] } },
    });
  });

  it('removes an item of a list that its only owner no longer applies', async () => {
    const env = (...names: string[]) =>
      deployment('unlisted', {
        replicas: 0,
        podSpec: {
          containers: [{ name: 'app', image: 'a:1', env: names.map((name) => ({ name, value: 'x' })) }],
        },
      });
    await deployments.apply('unlisted', env('A', 'B'), 'alice');
    const applied = await deployments.apply('unlisted', env('B'), 'alice');
    expect(at(applied, 'spec.template.spec.containers.0.env')).toEqual([{ name: 'B', value: 'x' }]);
  });

  it('leaves alone what a manager never named, such as the scale', async () => {
    const { replicas: _, ...spec } = deployment('scaled', {
      podSpec: { containers: [{ name: 'app', image: 'a:1' }], nodeSelector: { none: 'such' } },
    }).spec;
    const draft = { ...deployment('scaled'), spec };
    await deployments.apply('scaled', draft, 'alice');
    await deployments.patch('scaled', { spec: { replicas: 3 } }, 'merge', { fieldManager: 'scaler' });
    const applied = await deployments.apply('scaled', draft, 'alice');
    expect(at(applied, 'spec.replicas')).toBe(3);
  });

  it('stores nothing in a dry run, and finds conflicts', async () => {
    const dry = { dryRun: 'All' };
    await configMaps.apply('dry', configMap('dry', { a: '1' }), 'alice', dry);
    expect(await configMaps.presence('dry')).toBe(404);
    await configMaps.apply('dry', configMap('dry', { a: '1' }), 'alice');
    await expect(configMaps.apply('dry', configMap('dry', { a: '2' }), 'bob', dry)).rejects.toMatchObject({
      status: 409,
    });
  });

  it('demands a field manager', async () => {
    const { status, body } = await send('PATCH', configMaps.at('nameless'), {
      body: configMap('nameless'),
      type: 'application/apply-patch+yaml',
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ reason: 'Invalid', message: expect.stringContaining('fieldManager') });
  });

  it('refuses force for other patches', async () => {
    await configMaps.create(configMap('unforced'));
    await expect(configMaps.patch('unforced', { data: {} }, 'merge', { force: true })).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('force') },
    });
  });

  it('refuses a body with managedFields', async () => {
    const draft = configMap('managed', {}, { managedFields: [{ manager: 'x' }] });
    await expect(configMaps.apply('managed', draft, 'alice')).rejects.toMatchObject({ status: 400 });
  });

  it('refuses a stale version with 409', async () => {
    const made = await configMaps.apply('stale', configMap('stale', { a: '1' }), 'alice');
    await configMaps.patch('stale', { data: { b: '2' } });
    const { resourceVersion } = made.metadata;
    await expect(
      configMaps.apply('stale', configMap('stale', { a: '2' }, { resourceVersion }), 'alice'),
    ).rejects.toMatchObject({ status: 409 });
  });

  it('refuses a kind that is not the one of the path', async () => {
    await expect(configMaps.apply('kindred', deployment('kindred'), 'alice')).rejects.toMatchObject({
      status: 400,
    });
  });

  it('validates the result', async () => {
    await expect(
      deployments.apply('invalid', deployment('invalid', { replicas: -1 }), 'alice'),
    ).rejects.toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  });
});
