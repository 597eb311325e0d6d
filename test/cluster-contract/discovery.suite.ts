import { describe, expect, it } from 'vitest';
import { call, ownNamespace, ResourceClient, send } from './cluster.js';
import { configMap, pod } from './workloads.js';

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames?: string[];
  group?: string;
  version?: string;
}

async function resources(groupVersionPath: string): Promise<Map<string, ApiResource>> {
  const { resources: found } = await call<{ resources: ApiResource[] }>('GET', groupVersionPath);
  return new Map(found.map((one) => [one.name, one]));
}

describe('discovery', () => {
  it('tells its version', async () => {
    expect(await call('GET', '/version')).toMatchObject({
      major: '1',
      minor: expect.stringMatching(/^\d+\+?$/),
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/),
      platform: expect.any(String),
    });
  });

  it.each(['/healthz', '/livez', '/readyz'])('answers ok at %s', async (path) => {
    expect(await send('GET', path)).toMatchObject({ status: 200, text: 'ok' });
  });

  it('names the version of the core group', async () => {
    expect(await call('GET', '/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });

  it('names every group with its versions and the preferred one', async () => {
    const { kind, groups } = await call<{ kind: string; groups: { name: string }[] }>('GET', '/apis');
    expect(kind).toBe('APIGroupList');
    const apps = groups.find((group) => group.name === 'apps');
    expect(apps).toEqual({
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    });
    expect(groups.map((group) => group.name)).toEqual(
      expect.arrayContaining([
        'apps',
        'batch',
        'autoscaling',
        'policy',
        'networking.k8s.io',
        'rbac.authorization.k8s.io',
        'apiextensions.k8s.io',
        'coordination.k8s.io',
      ]),
    );
  });

  it('describes one group by itself', async () => {
    expect(await call('GET', '/apis/apps')).toMatchObject({ kind: 'APIGroup', name: 'apps' });
  });

  it('lists the core resources with kind, scope, verbs and short names', async () => {
    const core = await resources('/api/v1');
    expect(core.get('pods')).toMatchObject({ kind: 'Pod', namespaced: true, shortNames: ['po'] });
    expect(core.get('pods')?.verbs).toEqual(
      expect.arrayContaining([
        'create',
        'delete',
        'deletecollection',
        'get',
        'list',
        'patch',
        'update',
        'watch',
      ]),
    );
    expect(core.get('namespaces')).toMatchObject({
      kind: 'Namespace',
      namespaced: false,
      shortNames: ['ns'],
    });
    expect(core.get('nodes')).toMatchObject({ kind: 'Node', namespaced: false });
    expect(core.get('pods/log')).toMatchObject({ verbs: ['get'] });
    expect(core.get('pods/eviction')).toMatchObject({ kind: 'Eviction', group: 'policy', verbs: ['create'] });
  });

  it('lists the workload resources with their scale and status subresources', async () => {
    const apps = await resources('/apis/apps/v1');
    for (const plural of ['deployments', 'replicasets', 'statefulsets']) {
      expect(apps.get(`${plural}/scale`)).toMatchObject({
        kind: 'Scale',
        group: 'autoscaling',
        version: 'v1',
      });
      expect(apps.get(`${plural}/status`)).toMatchObject({ namespaced: true });
    }
    expect(apps.get('daemonsets')).toMatchObject({ kind: 'DaemonSet', shortNames: ['ds'] });
    expect(apps.has('daemonsets/scale')).toBe(false);
  });

  it('serves an OpenAPI document that knows a Deployment', async () => {
    const { body, status } = await send('GET', '/openapi/v2');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      swagger: '2.0',
      definitions: {
        'io.k8s.api.apps.v1.Deployment': {
          'x-kubernetes-group-version-kind': [{ group: 'apps', kind: 'Deployment', version: 'v1' }],
        },
      },
    });
  });

  it('answers 404 for a group that it does not have', async () => {
    expect((await send('GET', '/apis/nowhere.example/v1')).status).toBe(404);
    expect((await send('GET', '/apis/nowhere.example/v1/things')).status).toBe(404);
  });

  it('answers 404 for a resource type that a group does not have', async () => {
    expect((await send('GET', '/apis/apps/v1/things')).status).toBe(404);
  });

  it('answers 405 for a verb that a path does not take', async () => {
    const { status, body } = await send('POST', '/apis/apps/v1/namespaces/default/deployments/web', {
      body: {},
    });
    expect(status).toBe(405);
    expect(body).toMatchObject({ kind: 'Status', reason: 'MethodNotAllowed', code: 405 });
  });

  it('answers 406 when it cannot speak what the client accepts', async () => {
    const { status, body } = await send('GET', '/api/v1/namespaces', { accept: 'text/csv' });
    expect(status).toBe(406);
    expect(body).toMatchObject({ reason: 'NotAcceptable' });
  });

  it('tells who may do what', async () => {
    const review = await call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: { verb: 'create', group: 'apps', resource: 'deployments', namespace: 'x' },
        },
      },
    });
    expect(review).toMatchObject({ status: { allowed: true } });
  });
});

describe('other forms of an answer', () => {
  const namespace = ownNamespace();
  const configMaps = new ResourceClient('v1', 'configmaps', namespace);

  it('prints a list as a table', async () => {
    await configMaps.create(configMap('tabled', { one: '1', two: '2' }));
    const { body } = await send('GET', configMaps.path, {
      query: { fieldSelector: 'metadata.name=tabled' },
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(body).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      columnDefinitions: [{ name: 'Name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [{ cells: ['tabled', 2, expect.any(String)], object: { kind: 'PartialObjectMetadata' } }],
    });
  });

  it('prints one pod as a table', async () => {
    const pods = new ResourceClient('v1', 'pods', namespace);
    await pods.create(pod('tabled'));
    const { body } = await send('GET', pods.at('tabled'), {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    const table = body as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] };
    expect(table.columnDefinitions.slice(0, 5).map(({ name }) => name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
    ]);
    expect(table.rows[0]?.cells[0]).toBe('tabled');
  });

  it('gives only the metadata when asked for only the metadata', async () => {
    await configMaps.create(configMap('partial', { secret: 'body' }, { labels: { form: 'partial' } }));
    const one = await send('GET', configMaps.at('partial'), {
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    });
    expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'partial' } });
    expect(one.body).not.toHaveProperty('data');
    const list = await send('GET', configMaps.path, {
      query: { labelSelector: 'form=partial' },
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    expect(list.body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ metadata: { name: 'partial' } }],
    });
  });
});
