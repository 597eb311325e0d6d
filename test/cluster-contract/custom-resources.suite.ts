import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomBytes } from 'node:crypto';
import { call, eventually, ownNamespace, ResourceClient, served, send, type Draft } from './cluster.js';

const group = `c${randomBytes(3).toString('hex')}.example.org`;
const definitions = new ResourceClient('apiextensions.k8s.io/v1', 'customresourcedefinitions');

const widgetSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        colour: { type: 'string', enum: ['red', 'blue'], default: 'blue' },
        replicas: { type: 'integer', default: 1 },
        code: { type: 'string', pattern: '^[a-z]+$' },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, weight: { type: 'integer' } },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        selector: { type: 'string' },
        phase: { type: 'string' },
      },
    },
  },
};

function definition(plural: string, kind: string, overrides: Draft = {}, version: Draft = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        plural,
        singular: kind.toLowerCase(),
        kind,
        listKind: `${kind}List`,
        shortNames: [plural.slice(0, 3)],
      },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: widgetSchema }, ...version },
      ],
      ...overrides,
    },
  };
}

const namespace = ownNamespace();
const widgets = new ResourceClient(`${group}/v1`, 'widgets', namespace);
const widget = (name: string, spec: Draft = {}, metadata: Draft = {}) => ({
  apiVersion: `${group}/v1`,
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec: { size: 1, ...spec },
});

async function establish(draft: ReturnType<typeof definition>): Promise<void> {
  await definitions.create(draft);
  const [version] = draft.spec.versions;
  await eventually(() => served(`${group}/${version?.name}`, draft.spec.names.plural)).toBe(true);
  const path = `/apis/${group}/${version?.name}/${draft.spec.names.plural}`;
  await eventually(async () => (await send('GET', path)).status).toBe(200);
}

beforeAll(async () => {
  await definitions.create(
    definition(
      'widgets',
      'Widget',
      {},
      {
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ),
  );
});

afterAll(async () => {
  const { items } = await definitions.list();
  for (const { metadata } of items.filter((item) => item.metadata.name.endsWith(group))) {
    await definitions.remove(metadata.name);
  }
});

describe('a custom resource definition', () => {
  it('becomes established, and its names are accepted', async () => {
    await eventually(() => definitions.get(`widgets.${group}`)).toMatchObject({
      status: {
        acceptedNames: { kind: 'Widget', plural: 'widgets' },
        storedVersions: ['v1'],
        conditions: expect.arrayContaining([
          expect.objectContaining({ type: 'NamesAccepted', status: 'True' }),
          expect.objectContaining({ type: 'Established', status: 'True' }),
        ]),
      },
    });
  });

  it('is then found by discovery', async () => {
    await eventually(() => served(`${group}/v1`, 'widgets')).toBe(true);
    expect(await call('GET', `/apis/${group}/v1`)).toMatchObject({
      resources: expect.arrayContaining([
        expect.objectContaining({
          name: 'widgets',
          singularName: 'widget',
          kind: 'Widget',
          namespaced: true,
          shortNames: ['wid'],
        }),
        expect.objectContaining({ name: 'widgets/status' }),
        expect.objectContaining({ name: 'widgets/scale', kind: 'Scale', group: 'autoscaling' }),
      ]),
    });
  });

  it('must be named after its plural and group', async () => {
    const draft = { ...definition('things', 'Thing'), metadata: { name: 'other.example.org' } };
    await expect(definitions.create(draft)).rejects.toMatchObject({
      status: 422,
      body: { details: { causes: [expect.objectContaining({ field: 'metadata.name' })] } },
    });
  });

  it('must have a schema', async () => {
    await expect(
      definitions.create(definition('things', 'Thing', {}, { schema: undefined })),
    ).rejects.toMatchObject({ status: 422, body: { message: expect.stringContaining('schema') } });
  });

  it('must have one version that is stored', async () => {
    await expect(
      definitions.create(definition('things', 'Thing', {}, { storage: false })),
    ).rejects.toMatchObject({ status: 422, body: { message: expect.stringContaining('spec.versions') } });
  });

  it('takes its objects and its paths along when it is deleted', async () => {
    await establish(definition('gadgets', 'Gadget'));
    const gadgets = new ResourceClient(`${group}/v1`, 'gadgets', namespace);
    await gadgets.create({ ...widget('doomed'), kind: 'Gadget' });
    await definitions.remove(`gadgets.${group}`);
    await eventually(() => definitions.presence(`gadgets.${group}`)).toBe(404);
    await eventually(async () => (await send('GET', gadgets.path)).status).toBe(404);
    await establish(definition('gadgets', 'Gadget'));
    expect((await gadgets.list()).items).toEqual([]);
  });

  it('can be cluster-wide', async () => {
    await establish(definition('planets', 'Planet', { scope: 'Cluster' }));
    const planets = new ResourceClient(`${group}/v1`, 'planets');
    const made = await planets.create({ ...widget('mars'), kind: 'Planet' });
    expect(made.metadata).not.toHaveProperty('namespace');
    expect(await planets.names()).toEqual(['mars']);
  });

  it('serves its objects in each of its versions', async () => {
    const versions = [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: widgetSchema } },
      { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: widgetSchema } },
      { name: 'v3', served: false, storage: false, schema: { openAPIV3Schema: widgetSchema } },
    ];
    await establish(definition('ages', 'Age', { versions }));
    await eventually(() => served(`${group}/v2`, 'ages')).toBe(true);
    await new ResourceClient(`${group}/v1`, 'ages', namespace).create({ ...widget('old'), kind: 'Age' });
    expect(await new ResourceClient(`${group}/v2`, 'ages', namespace).get('old')).toMatchObject({
      apiVersion: `${group}/v2`,
      kind: 'Age',
      spec: { size: 1 },
    });
    expect(await served(`${group}/v3`, 'ages')).toBe(false);
  });
});

describe('a custom resource', () => {
  beforeAll(async () => {
    await vi.waitFor(() => widgets.list(), { timeout: 30_000, interval: 50 });
  });

  it('is made, read, listed, replaced, watched and deleted like any other', async () => {
    const made = await widgets.create(widget('ordinary', { size: 2 }, { labels: { form: 'ordinary' } }));
    expect(made).toMatchObject({ kind: 'Widget', metadata: { generation: 1, namespace }, spec: { size: 2 } });
    expect(await widgets.list({ labelSelector: 'form=ordinary' })).toMatchObject({
      kind: 'WidgetList',
      apiVersion: `${group}/v1`,
      items: [{ kind: 'Widget', metadata: { name: 'ordinary' } }],
    });
    await using watch = await widgets.watch({ labelSelector: 'form=ordinary' });
    const changed = await widgets.replace('ordinary', { ...made, spec: { size: 3 } });
    expect(changed.metadata.generation).toBe(2);
    await widgets.remove('ordinary');
    await eventually(() => watch.story).toEqual(['ADDED ordinary', 'MODIFIED ordinary', 'DELETED ordinary']);
  });

  it('gets the defaults of its schema', async () => {
    expect((await widgets.create(widget('defaulted'))).spec).toEqual({
      size: 1,
      colour: 'blue',
      replicas: 1,
    });
  });

  it('loses the fields that its schema does not know, but for those that it preserves', async () => {
    const made = await widgets.create(
      widget('pruned', { unknown: 1, free: { anything: [1, { goes: true }] } }),
    );
    expect(made.spec).not.toHaveProperty('unknown');
    expect(made.spec).toMatchObject({ free: { anything: [1, { goes: true }] } });
  });

  it.each([
    ['a missing field', { size: undefined }, 'spec.size', 'Required value'],
    ['a number out of range', { size: 11 }, 'spec.size', 'should be less than or equal to 10'],
    [
      'a value that is not in the list',
      { colour: 'green' },
      'spec.colour',
      'supported values: "red", "blue"',
    ],
    ['a text that does not match', { code: 'A1' }, 'spec.code', '^[a-z]+$'],
    ['a wrong type', { size: 'big' }, 'spec.size', 'must be of type integer'],
  ])('is refused with %s', async (_, spec, field, reason) => {
    await expect(widgets.create(widget('invalid', spec))).rejects.toMatchObject({
      status: 422,
      body: {
        reason: 'Invalid',
        message: expect.stringContaining(reason),
        details: {
          kind: 'Widget',
          group,
          causes: expect.arrayContaining([expect.objectContaining({ field })]),
        },
      },
    });
  });

  it('takes a number or a text where its schema says so', async () => {
    const port = { 'x-kubernetes-int-or-string': true };
    const spec = { type: 'object', properties: { port } };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
    await establish(definition('sockets', 'Socket', {}, { schema }));
    const sockets = new ResourceClient(`${group}/v1`, 'sockets', namespace);
    const socket = (name: string, value: unknown) => ({
      ...widget(name),
      kind: 'Socket',
      spec: { port: value },
    });
    expect((await sockets.create(socket('number', 80))).spec).toEqual({ port: 80 });
    expect((await sockets.create(socket('text', 'http'))).spec).toEqual({ port: 'http' });
    await expect(sockets.create(socket('neither', true))).rejects.toMatchObject({ status: 422 });
  });

  it('is patched by merge and JSON patch, and not by strategic merge', async () => {
    await widgets.create(widget('patched'));
    expect((await widgets.patch('patched', { spec: { size: 5 } })).spec).toMatchObject({ size: 5 });
    const operations = [{ op: 'replace', path: '/spec/size', value: 6 }];
    expect((await widgets.patch('patched', operations, 'json')).spec).toMatchObject({ size: 6 });
    await expect(widgets.patch('patched', { spec: { size: 7 } }, 'strategic')).rejects.toMatchObject({
      status: 415,
      body: { reason: 'UnsupportedMediaType' },
    });
  });

  it('is applied with conflicts found, and list items merged by the keys of its schema', async () => {
    await widgets.apply(
      'applied',
      widget('applied', { size: 2, parts: [{ name: 'a', weight: 1 }] }),
      'alice',
    );
    const both = await widgets.apply(
      'applied',
      widget('applied', { size: 2, parts: [{ name: 'b', weight: 2 }] }),
      'bob',
    );
    expect(both.spec).toMatchObject({
      parts: [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 2 },
      ],
    });
    await expect(widgets.apply('applied', widget('applied', { size: 3 }), 'bob')).rejects.toMatchObject({
      status: 409,
      body: { details: { causes: [{ field: '.spec.size' }] } },
    });
  });

  it('has a status that only its own path changes', async () => {
    const made = await widgets.create({ ...widget('reported'), status: { phase: 'forged' } });
    expect(made).not.toHaveProperty('status');
    const reported = await widgets.patch(
      'reported',
      { status: { phase: 'Ready' }, spec: { size: 9 } },
      'merge',
      {},
      'status',
    );
    expect(reported).toMatchObject({
      status: { phase: 'Ready' },
      spec: { size: 1 },
      metadata: { generation: 1 },
    });
    expect(await widgets.patch('reported', { status: { phase: 'forged' } })).toMatchObject({
      status: { phase: 'Ready' },
    });
  });

  it('is scaled through the paths of its definition', async () => {
    await widgets.create(widget('scaled'));
    await widgets.patch('scaled', { status: { replicas: 1, selector: 'a=b' } }, 'merge', {}, 'status');
    expect(await widgets.get('scaled', 'scale')).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: 1, selector: 'a=b' },
    });
    await widgets.patch('scaled', { spec: { replicas: 4 } }, 'merge', {}, 'scale');
    expect((await widgets.get('scaled')).spec).toMatchObject({ replicas: 4 });
  });

  it('is printed with the columns of its definition', async () => {
    await widgets.create(widget('printed', { size: 7 }));
    const { body } = await send('GET', widgets.at('printed'), {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(body).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name' }, { name: 'Size' }, { name: 'Age' }],
      rows: [{ cells: ['printed', 7, expect.any(String)] }],
    });
  });
});
