import { type Database, connectDatabase, migrate } from '@gennaker/database';
import { EventStore, eventStoreMigrations } from '@gennaker/event-store';
import { FakeClock, type TestDatabase, createTestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Applications, attributesOf } from './applications.js';
import { DuplicateNameError, StaleWriteError } from './catalog-errors.js';
import { catalogMigrations } from './catalog-migrations.js';
import { CatalogStore } from './catalog-store.js';
import { Notifications } from './notifications.js';
import { Pipelines, toConfig } from './pipelines.js';
import { Projects, toProject } from './projects.js';
import { Templates } from './templates.js';

const ann = { author: 'ann', origin: 'api', from: '10.0.0.1' };
const bob = { author: 'bob', reason: 'faster' };

describe('the catalogue', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let store: CatalogStore;
  let events: EventStore;
  let clock: FakeClock;
  let pipelines: Pipelines;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    await migrate(testDatabase.url, [eventStoreMigrations, catalogMigrations]);
    database = await connectDatabase({ url: testDatabase.url, name: 'test' });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    await database.pool.query('truncate es.event, catalog.item');
    clock = new FakeClock(1_000_000);
    events = new EventStore(database.pool, clock);
    store = new CatalogStore(database.pool, events, clock);
    pipelines = new Pipelines(store, 'pipeline', { stageTypes: new Set(['wait']) });
  });

  const save = (config: object, change = ann, options = {}) =>
    pipelines.save({ application: 'app', stages: [], ...config }, change, options);

  describe('pipelines', () => {
    it('keeps every version with its author, reason, place and diff', async () => {
      const { id } = await save({ name: 'deploy', stages: [{ type: 'wait', waitTime: 1 }] });
      clock.advance(1_000);
      await save({ id, name: 'deploy', stages: [{ type: 'wait', waitTime: 2 }] }, { ...ann, ...bob });
      expect(await pipelines.history(id, 10)).toEqual([
        {
          version: 2,
          at: 1_001_000,
          author: 'bob',
          reason: 'faster',
          from: '10.0.0.1',
          action: 'changed',
          changes: [{ path: 'stages[0].waitTime', before: 1, after: 2 }],
          body: expect.objectContaining({ stages: [{ type: 'wait', waitTime: 2 }] }),
        },
        expect.objectContaining({ version: 1, author: 'ann', action: 'created', changes: [] }),
      ]);
      expect(await pipelines.history(id, 1)).toHaveLength(1);
    });

    it('refuses a stale write with who changed what since', async () => {
      const { id, version } = await save({ name: 'deploy' });
      await save({ id, name: 'deploy', description: 'new' }, { ...ann, ...bob });
      const stale = save({ id, name: 'other' }, ann, { expectedVersion: version });
      await expect(stale).rejects.toThrow(StaleWriteError);
      await expect(stale).rejects.toMatchObject({
        status: 409,
        message: expect.stringMatching(/has changed since version 1: version 2 by bob at .* \(description\)/),
        details: {
          currentVersion: 2,
          changedSince: [{ author: 'bob', reason: 'faster', paths: ['description'] }],
        },
      });
      expect((await pipelines.get(id)).version).toBe(2);
    });

    it('compares lastModified when a client asks for the stale check of Spinnaker', async () => {
      const first = await save({ name: 'deploy' });
      const read = toConfig(first);
      clock.advance(5);
      await save({ ...read, description: 'x' }, { ...ann, ...bob }, { staleCheck: true });
      await expect(save({ ...read, description: 'y' }, ann, { staleCheck: true })).rejects.toThrow(
        /stale.*bob/,
      );
      await expect(
        save({ id: first.id, name: 'deploy', description: 'z' }, ann, { staleCheck: true }),
      ).rejects.toThrow('stale');
    });

    it('lets exactly one of many racing writers of one version win', async () => {
      const { id } = await save({ name: 'deploy' });
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          save({ id, name: 'deploy', description: `${index}` }, ann, { expectedVersion: 1 }),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('lets every writer win who names no version', async () => {
      const { id } = await save({ name: 'deploy' });
      await Promise.all(
        Array.from({ length: 5 }, (_, index) => save({ id, name: 'deploy', description: `${index}` })),
      );
      expect((await pipelines.get(id)).version).toBe(6);
    });

    it('does not count a save that changes nothing', async () => {
      const first = await save({ name: 'deploy' });
      expect((await save(toConfig(first))).version).toBe(1);
    });

    it('refuses a second pipeline of the same name, whatever its case, also in a race', async () => {
      await save({ name: 'Deploy' });
      await expect(save({ name: 'deploy ' })).rejects.toThrow(DuplicateNameError);
      const racing = await Promise.allSettled([save({ name: 'new' }), save({ name: 'NEW' })]);
      expect(racing.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(save({ application: 'other', name: 'deploy' })).resolves.toMatchObject({ version: 1 });
    });

    it('stores nothing of an invalid pipeline', async () => {
      await expect(save({ name: 'x', stages: [{ type: 'warp' }] })).rejects.toMatchObject({
        status: 400,
        problems: [{ path: 'stages[0].type' }],
      });
      expect(await pipelines.list()).toEqual([]);
      expect((await database.pool.query('select 1 from es.event')).rowCount).toBe(0);
    });

    it('lists by index and name, renumbered without gaps, and reorders in one commit', async () => {
      const a = await save({ name: 'a', index: 7 });
      const b = await save({ name: 'b', index: 3 });
      await save({ name: 'c' });
      const listed = async () => (await pipelines.list('APP')).map(({ name, index }) => [name, index]);
      expect(await listed()).toEqual([
        ['b', 0],
        ['a', 1],
        ['c', 2],
      ]);
      await pipelines.reorder('app', { [a.id]: 0, [b.id]: 1 }, ann);
      expect(await listed()).toEqual([
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ]);
      await expect(pipelines.reorder('app', { [a.id]: 9, nope: 1 }, ann)).rejects.toMatchObject({
        status: 404,
      });
      expect(await listed()).toEqual([
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ]);
    });

    it('finds by name first, then by id, within the application', async () => {
      const { id } = await save({ name: 'My Pipeline' });
      expect((await pipelines.findByNameOrId('APP', 'my pipeline'))?.id).toBe(id);
      expect((await pipelines.findByNameOrId('app', id))?.id).toBe(id);
      expect(await pipelines.findByNameOrId('other', id)).toBeUndefined();
    });

    it('restores an earlier version, also of a pipeline that was deleted', async () => {
      const { id } = await save({ name: 'deploy', description: 'one' });
      await save({ id, name: 'renamed', description: 'two' });
      await pipelines.delete(id, ann);
      expect(await pipelines.find(id)).toBeUndefined();
      const restored = await pipelines.restore(id, 1, ann);
      expect(restored).toMatchObject({ name: 'deploy', version: 4, body: { description: 'one' } });
      expect((await pipelines.history(id, 10)).map(({ action }) => action)).toEqual([
        'created',
        'deleted',
        'changed',
        'created',
      ]);
      await expect(pipelines.restore(id, 3, ann)).rejects.toMatchObject({ status: 400 });
      await expect(pipelines.restore(id, 99, ann)).rejects.toMatchObject({ status: 404 });
    });

    it('keeps the UI away from what is locked for good', async () => {
      const { id } = await save({ name: 'deploy', locked: { ui: true, allowUnlockUi: false } });
      await expect(save({ id, name: 'x' }, { ...ann, origin: 'deck' })).rejects.toMatchObject({
        status: 403,
      });
      await expect(pipelines.delete(id, { ...ann, origin: 'deck' })).rejects.toMatchObject({ status: 403 });
      await expect(save({ id, name: 'x' })).resolves.toMatchObject({ version: 2 });
    });

    it('gives cron triggers an id and keeps it', async () => {
      const { body } = await save({
        name: 'x',
        triggers: [{ type: 'cron', cronExpression: '0 0 * * * ?' }, { type: 'git' }],
      });
      expect(body.triggers).toEqual([
        { type: 'cron', cronExpression: '0 0 * * * ?', id: expect.any(String) },
        { type: 'git' },
      ]);
      const again = await save(body);
      expect(again.body.triggers).toEqual(body.triggers);
    });

    it('tells listeners of every commit', async () => {
      const heard: unknown[] = [];
      store.onChange((changed) => heard.push(changed));
      const { id } = await save({ name: 'x' });
      expect(heard).toEqual([{ stream: `catalog-pipeline-${id}`, version: 1, application: 'app' }]);
    });

    it('tells viewers of several changes after they have committed, and of none that was taken back', async () => {
      const [a, b] = [await save({ name: 'a' }), await save({ name: 'b' })];
      const heard: number[] = [];
      store.onChange(({ stream }) => {
        void store
          .find('pipeline', stream.replace('catalog-pipeline-', ''))
          .then((item) => heard.push(item?.version ?? 0));
      });
      await expect(pipelines.reorder('app', { [a.id]: 9, nope: 1 }, ann)).rejects.toMatchObject({
        status: 404,
      });
      await pipelines.reorder('app', { [a.id]: 5, [b.id]: 4 }, ann);
      await expect.poll(() => heard).toEqual([2, 2]);
    });
  });

  describe('applications', () => {
    it('merges attributes, removes those set to null, and keeps the name in lower case', async () => {
      const applications = new Applications(store);
      await applications.save(
        { name: 'Demo', email: 'a@b.c', cloudProviders: ['kubernetes', 'gce'], slackChannel: 'x' },
        ann,
      );
      clock.advance(1);
      const item = await applications.save(
        { name: 'DEMO', description: 'd', slackChannel: null, permissions: { READ: [] } },
        bob,
      );
      expect(attributesOf(item)).toEqual({
        name: 'demo',
        email: 'a@b.c',
        cloudProviders: 'kubernetes,gce',
        description: 'd',
        createTs: '1000000',
        updateTs: '1000001',
        lastModifiedBy: 'bob',
      });
    });

    it.each([
      [{ name: 'a b', email: 'x' }, 'name'],
      [{ name: '', email: 'x' }, 'name'],
      [{ name: '../etc', email: 'x' }, 'name'],
      [{ name: 'ok' }, 'email'],
      [{ name: 'ok', email: 'x', permissions: { READ: 'all' } }, 'permissions.READ'],
    ])('refuses %j', async (attributes, path) => {
      await expect(new Applications(store).save(attributes, ann)).rejects.toMatchObject({
        problems: [{ path }],
      });
    });

    it('starts at version 1 again for nobody: a new application under an old name goes on', async () => {
      const applications = new Applications(store);
      await applications.save({ name: 'demo', email: 'x' }, ann);
      await applications.delete('Demo', ann);
      await expect(applications.delete('demo', ann)).rejects.toMatchObject({ status: 404 });
      expect(
        await applications.save({ name: 'demo', email: 'y' }, ann, { expectedVersion: 0 }),
      ).toMatchObject({ version: 3 });
    });
  });

  it('keeps projects by id and finds them by name', async () => {
    const projects = new Projects(store);
    const { id } = await projects.save({ name: 'Web', email: 'x', config: { applications: ['a'] } }, ann);
    await projects.save({ name: 'web', email: 'y' }, ann);
    expect(toProject(await projects.get('WEB'))).toMatchObject({
      id,
      email: 'y',
      config: { applications: [], clusters: [], pipelineConfigs: [] },
      createTs: 1_000_000,
    });
    await projects.delete(id, ann);
    await expect(projects.get('web')).rejects.toMatchObject({ status: 404 });
  });

  it('keeps notifications per application', async () => {
    const notifications = new Notifications(store);
    expect(await notifications.get('App')).toEqual({ application: 'App' });
    await notifications.save(
      'App',
      { slack: [{ type: 'slack', address: '#x', when: ['pipeline.failed'] }] },
      ann,
    );
    expect(await notifications.get('app')).toMatchObject({
      slack: [{ address: '#x' }],
      lastModifiedBy: 'ann',
    });
    await notifications.delete('app', ann);
    await notifications.delete('app', ann);
    expect(await notifications.get('app')).toEqual({ application: 'app' });
  });

  describe('templates', () => {
    const template = (description: string) => ({
      id: 'deploy-it',
      schema: 'v2',
      metadata: { name: 't', description, scopes: ['global'] },
      pipeline: { stages: [] },
    });

    it('moves tags and keeps every content under its digest', async () => {
      const templates = new Templates(store);
      const one = await templates.save(template('one'), ann, { create: true });
      const two = await templates.save(template('two'), ann, { create: false, tag: 'stable' });
      expect(await templates.get('deploy-it')).toMatchObject({ tag: 'latest', digest: two.digest });
      expect(await templates.get('deploy-it', { tag: 'stable' })).toMatchObject({
        metadata: { description: 'two' },
      });
      expect(await templates.get('deploy-it', { digest: String(one.digest) })).toMatchObject({
        metadata: { description: 'one' },
      });
      expect(await templates.list(['global'])).toHaveLength(1);
      expect(await templates.list(['other'])).toEqual([]);
      expect((await templates.versions())['deploy-it']).toHaveLength(4);
    });

    it('refuses a duplicate, an unknown tag, and a tag together with a digest', async () => {
      const templates = new Templates(store);
      await templates.save(template('one'), ann, { create: true });
      await expect(templates.save(template('two'), ann, { create: true })).rejects.toMatchObject({
        status: 400,
      });
      await expect(
        templates.save(template('two'), ann, { create: false, tag: 'mine' }),
      ).rejects.toMatchObject({
        problems: [{ path: 'tag' }],
      });
      await expect(templates.get('deploy-it', { tag: 'latest', digest: 'x' })).rejects.toMatchObject({
        status: 400,
      });
      await expect(
        templates.save({ ...template('x'), id: 'none' }, ann, { create: false }),
      ).rejects.toMatchObject({ status: 404 });
    });

    it('refuses to delete what pipelines use', async () => {
      const templates = new Templates(store);
      await templates.save(template('one'), ann, { create: true });
      const user = await save({
        name: 'u',
        type: 'templatedPipeline',
        schema: 'v2',
        template: { reference: 'spinnaker://deploy-it:latest' },
      });
      await expect(templates.delete('deploy-it', {}, ann)).rejects.toThrow('"u" of app');
      await pipelines.delete(user.id, ann);
      await templates.delete('deploy-it', {}, ann);
      expect(await templates.find('deploy-it')).toBeUndefined();
    });
  });
});
