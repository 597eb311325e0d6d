import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

const SUCCESS = ['SUCCEEDED', 'STOPPED', 'SKIPPED'];
const DONE = [...SUCCESS, 'TERMINAL', 'FAILED_CONTINUE'];

/** What each command of the spin CLI sends, in its order, with what the CLI reads of the answers. */
describe('the spin CLI', () => {
  let door: FrontDoor;
  const call: FrontDoor['call'] = (...args) => door.call(...args);

  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(() => door.close());

  /** Before every command. */
  const greet = async () =>
    expect((await call('GET', '/version')).json).toEqual({ version: expect.any(String) });

  /** POST /tasks, then polls GET /tasks/{last segment of ref}. */
  async function task(
    body: object,
  ): Promise<{ status: string; variables: { key: string; value: unknown }[] }> {
    const reply = await call('POST', '/tasks', body);
    expect(reply.status).toBe(200);
    const id = (reply.json as { ref: string }).ref.split('/').at(-1);
    const done = await door.until(`/tasks/${id}`, ({ json }) =>
      DONE.includes((json as { status: string }).status),
    );
    return done.json;
  }

  const saveApplication = (name: string, application: object = {}) =>
    task({
      application: name,
      description: `Create Application: ${name}`,
      job: [
        {
          type: 'createApplication',
          application: {
            cloudProviders: 'kubernetes',
            email: 'a@b.c',
            instancePort: 80,
            name,
            ...application,
          },
        },
      ],
    });

  it('saves, lists, shows, updates and deletes applications', async () => {
    await greet();
    expect((await saveApplication('Spinapp')).status).toBe('SUCCEEDED');
    expect((await call('GET', '/applications')).json).toContainEqual(
      expect.objectContaining({ name: 'spinapp', email: 'a@b.c' }),
    );
    expect((await call('GET', '/applications/spinapp')).json).toEqual({
      name: 'spinapp',
      attributes: {
        name: 'spinapp',
        email: 'a@b.c',
        cloudProviders: 'kubernetes',
        instancePort: 80,
        createTs: expect.stringMatching(/^\d+$/),
        updateTs: expect.stringMatching(/^\d+$/),
        lastModifiedBy: 'anonymous',
      },
      clusters: {},
    });
    expect((await saveApplication('spinapp', { description: 'again' })).status).toBe('SUCCEEDED');
    expect((await call('GET', '/applications/spinapp?expand=true')).json).toMatchObject({
      attributes: { description: 'again' },
    });

    const deleted = await task({
      application: 'spinapp',
      description: 'Delete Application: spinapp',
      job: [{ type: 'deleteApplication', application: { name: 'spinapp' } }],
    });
    expect(deleted.status).toBe('SUCCEEDED');
    expect((await call('GET', '/applications/spinapp')).json).toMatchObject({
      status: 404,
      message: 'Application not found (id: spinapp)',
    });
  });

  it('reads from the task why an application could not be saved', async () => {
    const failed = await saveApplication('noemail', { email: '' });
    expect(failed.status).toBe('TERMINAL');
    expect(failed.variables).toContainEqual({
      key: 'exception',
      value: expect.objectContaining({
        details: expect.objectContaining({ errors: ['email: Application must have a non-empty email'] }),
      }),
    });
  });

  it('saves, lists, updates, executes, follows, cancels and deletes pipelines', async () => {
    const config = {
      name: 'pipe one',
      application: 'spinpipes',
      stages: [{ type: 'wait', waitTime: 0, refId: '1', requisiteStageRefIds: [] }],
    };
    expect((await call('GET', '/applications/spinpipes/pipelineConfigs/pipe%20one')).status).toBe(404);
    expect((await call('POST', '/pipelines', config)).status).toBe(200);
    const stored = await call('GET', '/applications/spinpipes/pipelineConfigs/pipe%20one');
    const { id } = stored.json as { id: string };
    expect((await call('POST', '/pipelines', { ...config, id, disabled: true })).status).toBe(200);
    expect((await call('GET', '/applications/spinpipes/pipelineConfigs')).json).toMatchObject([
      { id, disabled: true, index: 0 },
    ]);
    expect((await call('POST', '/pipelines', { ...config, id, disabled: false })).status).toBe(200);

    for (const body of [
      { trigger: { type: 'manual', parameters: { a: 'b' }, artifacts: [] } },
      { type: 'manual', parameters: { a: 'b' } },
    ]) {
      const started = await call('POST', '/pipelines/spinpipes/pipe%20one', body);
      expect(started.status).toBe(202);
      const execution = (started.json as { ref: string }).ref.split('/').at(-1);
      const done = await door.until(
        `/executions?executionIds=${execution}&limit=1`,
        ({ json }) => (json as { status: string }[])[0]?.status === 'SUCCEEDED',
      );
      expect(done.json).toMatchObject([
        {
          id: execution,
          trigger: { parameters: { a: 'b' } },
          stages: [{ status: 'SUCCEEDED', tasks: [{ status: 'SUCCEEDED' }] }],
        },
      ]);
    }
    expect(
      (await call('GET', `/executions?pipelineConfigIds=${id}&statuses=SUCCEEDED,STOPPED,SKIPPED&limit=30`))
        .json,
    ).toHaveLength(2);
    expect(
      (
        await call(
          'GET',
          `/executions?pipelineConfigIds=${id}&statuses=TERMINAL,STOPPED,FAILED_CONTINUE&limit=30`,
        )
      ).json,
    ).toEqual([]);
    expect(
      (await call('GET', '/applications/spinpipes/pipelines?statuses=SUCCEEDED&expand=true')).json,
    ).toHaveLength(2);

    await call('POST', '/pipelines', {
      ...config,
      id,
      stages: [{ type: 'wait', waitTime: 600, refId: '1', requisiteStageRefIds: [] }],
    });
    const running = ((await call('POST', '/pipelines/spinpipes/pipe%20one', {})).json as { ref: string }).ref
      .split('/')
      .at(-1);
    await door.until(
      `/pipelines/${running}`,
      ({ json }) => (json as { status: string }).status === 'RUNNING',
    );
    const cancelled = await call(
      'PUT',
      `/applications/%7Bapplication%7D/pipelines/${running}/cancel?reason=enough`,
    );
    expect([cancelled.status, cancelled.text]).toEqual([200, '']);
    expect((await call('GET', `/pipelines/${running}`)).json).toMatchObject({
      status: 'CANCELED',
      cancellationReason: 'enough',
    });

    expect((await call('DELETE', '/pipelines/spinpipes/pipe%20one')).status).toBe(200);
    expect((await call('GET', '/applications/spinpipes/pipelineConfigs')).json).toEqual([]);
  });

  it('saves, plans, uses and deletes pipeline templates', async () => {
    const template = {
      id: 'spin-template',
      schema: 'v2',
      metadata: { name: 't', description: 'd', owner: 'o', scopes: ['global'] },
      protect: false,
      variables: [{ name: 'seconds', type: 'int', defaultValue: 0 }],
      pipeline: {
        stages: [
          { refId: '1', type: 'wait', requisiteStageRefIds: [], waitTime: '${ templateVariables.seconds }' },
        ],
      },
    };
    expect((await call('GET', '/v2/pipelineTemplates/spin-template')).status).toBe(404);
    const created = await call('POST', '/v2/pipelineTemplates/create', template);
    expect([created.status, created.json]).toEqual([
      200,
      expect.objectContaining({ status: 'SUCCEEDED', id: expect.any(String) }),
    ]);
    expect((await call('GET', '/v2/pipelineTemplates/spin-template')).json).toMatchObject({
      id: 'spin-template',
    });
    expect(
      (await call('POST', '/v2/pipelineTemplates/update/spin-template?tag=stable', template)).json,
    ).toMatchObject({ status: 'SUCCEEDED' });
    expect((await call('GET', '/v2/pipelineTemplates')).json).toHaveLength(1);
    expect((await call('GET', '/v2/pipelineTemplates?scopes=mine')).json).toEqual([]);
    expect((await call('GET', '/v2/pipelineTemplates/versions')).json).toEqual({
      'spin-template': expect.any(Array),
    });

    const config = {
      schema: 'v2',
      application: 'spintemplates',
      name: 'from template',
      type: 'templatedPipeline',
      template: {
        reference: 'spinnaker://spin-template',
        type: 'front50/pipelineTemplate',
        artifactAccount: 'front50ArtifactCredentials',
      },
      variables: { seconds: 0 },
      exclude: [],
    };
    const planned = await call('POST', '/v2/pipelineTemplates/plan', config);
    expect(planned.json).toMatchObject({ application: 'spintemplates', stages: [{ waitTime: 0 }] });
    const wrong = await call('POST', '/v2/pipelineTemplates/plan', {
      ...config,
      variables: { seconds: 'many' },
    });
    expect(wrong.json).toMatchObject({ status: 400, problems: [{ path: 'variables.seconds' }] });

    expect((await call('POST', '/pipelines', config)).status).toBe(200);
    const started = await call('POST', '/pipelines/spintemplates/from%20template', {});
    expect(started.status).toBe(202);
    await door.until(
      (started.json as { ref: string }).ref,
      ({ json }) => (json as { status: string }).status === 'SUCCEEDED',
    );

    expect((await call('DELETE', '/v2/pipelineTemplates/spin-template')).json).toMatchObject({
      status: 400,
      message: expect.stringContaining('from template'),
    });
    await call('DELETE', '/pipelines/spintemplates/from%20template');
    // The CLI takes any status but 202 for a failure; everybody else gets Gate's 200.
    const asSpin = { 'user-agent': 'Spin-CLI/1.30.0' };
    const deleted = await call('DELETE', '/v2/pipelineTemplates/spin-template', undefined, asSpin);
    expect([deleted.status, (deleted.json as { status: string }).status]).toEqual([202, 'SUCCEEDED']);
    await call('POST', '/v2/pipelineTemplates/create', template);
    expect((await call('DELETE', '/v2/pipelineTemplates/spin-template')).status).toBe(200);
  });

  it('saves a template under the tag that its file names, the first time and every other', async () => {
    const template = {
      id: 'spin-tagged',
      schema: 'v2',
      tag: 'stable',
      metadata: { name: 't', description: 'd', owner: 'o', scopes: ['global'] },
      variables: [],
      pipeline: { stages: [] },
    };
    // Until 1.30 the CLI took every other status than 202 for a failure, since then it takes both.
    const asSpin = { 'user-agent': 'Spin-CLI/1.29.0' };
    const save = async (description: string) => {
      const known = await call('GET', '/v2/pipelineTemplates/spin-tagged?tag=stable');
      const path = known.status === 404 ? 'create' : 'update/spin-tagged';
      const body = { ...template, metadata: { ...template.metadata, description } };
      const saved = await call('POST', `/v2/pipelineTemplates/${path}`, body, asSpin);
      return [path, saved.status, (saved.json as { status: string }).status];
    };
    expect(await save('one')).toEqual(['create', 202, 'SUCCEEDED']);
    expect(await save('two')).toEqual(['update/spin-tagged', 202, 'SUCCEEDED']);
    for (const query of ['?tag=stable', '?tag=latest', ''])
      expect((await call('GET', `/v2/pipelineTemplates/spin-tagged${query}`)).json).toMatchObject({
        metadata: { description: 'two' },
      });
    const tagged = await call('POST', '/v2/pipelineTemplates/create?tag=canary', template, asSpin);
    expect(tagged.status).toBe(202);
    expect((await call('GET', '/v2/pipelineTemplates/spin-tagged?tag=stable')).json).toMatchObject({
      metadata: { description: 'two' },
    });
    const wrong = await call('POST', '/v2/pipelineTemplates/update/spin-tagged', {
      ...template,
      tag: 'best',
    });
    expect(wrong.json).toMatchObject({ status: 400, problems: [{ path: 'tag' }] });
    expect((await call('DELETE', '/v2/pipelineTemplates/spin-tagged', undefined, asSpin)).status).toBe(202);
  });

  it('disables a pipeline, and cancels all of an application that run', async () => {
    const config = {
      name: 'endless',
      application: 'spincancel',
      keepWaitingPipelines: true,
      stages: [{ type: 'wait', waitTime: 600, refId: '1', requisiteStageRefIds: [] }],
    };
    expect((await call('POST', '/pipelines', config)).status).toBe(200);
    const started = await Promise.all(
      [1, 2].map(() => call('POST', '/pipelines/spincancel/endless', { trigger: { type: 'manual' } })),
    );
    expect(started.map(({ status }) => status)).toEqual([202, 202]);
    const list = '/applications/spincancel/pipelines?expand=false&statuses=';
    for (const { id } of (await call('GET', list)).json as { id: string }[]) {
      const path = `/applications/%7Bapplication%7D/pipelines/${id}/cancel?reason=`;
      expect((await call('PUT', path)).status).toBe(200);
    }
    expect((await call('GET', list)).json).toMatchObject([{ status: 'CANCELED' }, { status: 'CANCELED' }]);

    const found = (await call('GET', '/applications/spincancel/pipelineConfigs/endless')).json as object;
    expect((await call('POST', '/pipelines', { ...found, disabled: true })).status).toBe(200);
    const refused = await call('POST', '/pipelines/spincancel/endless', { trigger: { type: 'manual' } });
    expect([refused.status, (refused.json as { message: string }).message]).toEqual([
      400,
      expect.stringContaining('disabled'),
    ]);
  });

  it('saves a project again under the id that it has', async () => {
    const save = (project: object) =>
      task({
        application: 'spinnaker',
        project: 'twice',
        description: 'Create Project: twice',
        job: [{ type: 'upsertProject', user: 'a@b.c', project }],
      });
    await save({ name: 'twice', email: 'a@b.c' });
    const { id } = (await call('GET', '/projects/twice')).json as { id: string };
    expect((await save({ name: 'twice', email: 'd@e.f', id })).status).toBe('SUCCEEDED');
    expect((await call('GET', '/projects')).json).toContainEqual(
      expect.objectContaining({ id, name: 'twice', email: 'd@e.f' }),
    );
    await task({
      application: 'spinnaker',
      job: [{ type: 'deleteProject', project: { id, name: 'twice' } }],
    });
  });

  it('saves, shows and deletes projects', async () => {
    expect((await call('GET', '/projects/proj')).status).toBe(404);
    const save = { application: 'spinnaker', project: 'proj', description: 'Create Project: proj' };
    expect(
      (
        await task({
          ...save,
          job: [{ type: 'upsertProject', user: 'a@b.c', project: { name: 'proj', email: 'a@b.c' } }],
        })
      ).status,
    ).toBe('SUCCEEDED');
    const project = (await call('GET', '/projects/proj')).json as { id: string };
    expect(project).toMatchObject({ name: 'proj', email: 'a@b.c', id: expect.any(String) });
    expect((await call('GET', '/projects')).json).toHaveLength(1);
    expect((await call('GET', '/projects/proj/pipelines')).json).toEqual([]);
    expect((await call('GET', '/projects/proj/clusters')).json).toEqual([]);
    expect((await task({ ...save, job: [{ type: 'deleteProject', project }] })).status).toBe('SUCCEEDED');
    expect((await call('GET', '/projects/proj')).status).toBe(404);
  });

  it('shows accounts and who it is', async () => {
    expect((await call('GET', '/credentials')).json).toEqual([]);
    const unknown = await call('GET', '/credentials/some.account');
    expect([unknown.status, unknown.text]).toEqual([200, '']);
    expect((await call('GET', '/auth/user')).json).toMatchObject({
      username: 'anonymous',
      enabled: true,
      roles: [],
      allowedAccounts: [],
    });
  });

  it('saves, shows, lists and deletes canary configurations', async () => {
    const config = {
      id: 'cfg1',
      name: 'cfg',
      applications: ['canaryconfigs'],
      description: '',
      configVersion: '1',
      metrics: [],
      templates: {},
      classifier: { groupWeights: {} },
      judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
    };
    expect((await call('GET', '/v2/canaryConfig/cfg1')).status).toBe(404);
    expect((await call('POST', '/v2/canaryConfig', config)).json).toEqual({ canaryConfigId: 'cfg1' });
    expect((await call('PUT', '/v2/canaryConfig/cfg1', { ...config, description: 'x' })).json).toEqual({
      canaryConfigId: 'cfg1',
    });
    expect((await call('GET', '/v2/canaryConfig/cfg1')).json).toMatchObject({ id: 'cfg1', description: 'x' });
    expect((await call('GET', '/v2/canaryConfig?application=canaryconfigs')).json).toMatchObject([
      { id: 'cfg1', name: 'cfg' },
    ]);
    expect((await call('GET', '/v2/canaryConfig?application=other')).json).toEqual([]);
    const deleted = await call('DELETE', '/v2/canaryConfig/cfg1');
    expect([deleted.status, deleted.text]).toEqual([200, '']);
  });
});
