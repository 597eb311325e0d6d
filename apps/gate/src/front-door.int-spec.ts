import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from './testing/gate.suite.js';

const wait = (refId: string, ...requisiteStageRefIds: string[]) => ({
  type: 'wait',
  name: `wait ${refId}`,
  waitTime: 1,
  refId,
  requisiteStageRefIds,
});

interface Execution {
  id: string;
  stages: { id: string }[];
}

describe('the front door', () => {
  let gate: TestGate;
  const call: TestGate['call'] = (...args) => gate.call(...args);
  let count = 0;
  /** Each test works in an application of its own. */
  const newApplication = () => `app${(count += 1)}`;

  beforeAll(async () => {
    gate = await startTestGate();
  });
  afterAll(() => gate.close());

  async function savePipeline(config: object): Promise<void> {
    const reply = await call('POST', '/pipelines', config);
    expect([reply.status, reply.text, reply.headers['content-type']]).toEqual([200, '', undefined]);
  }

  async function start(url: string, body?: unknown): Promise<string> {
    const reply = await call('POST', url, body);
    expect(reply.status).toBe(202);
    return (
      String((reply.json as { ref: string }).ref)
        .split('/')
        .at(-1) ?? ''
    );
  }

  describe('pipeline configurations', () => {
    it('are saved, read by name and id, listed in order, updated and deleted', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'My Pipe.line', stages: [wait('1')] });
      const read = await call('GET', `/applications/${application}/pipelineConfigs/my%20pipe.line`);
      expect(read.json).toMatchObject({
        name: 'My Pipe.line',
        application,
        stages: [wait('1')],
        lastModifiedBy: 'anonymous',
      });
      const { id } = read.json as { id: string };
      expect((await call('GET', `/applications/${application}/pipelineConfigs/${id}/`)).json).toMatchObject({
        id,
      });

      const renamed = await call('PUT', `/pipelines/${id}`, { ...(read.json as object), name: 'second' });
      expect([renamed.status, renamed.json]).toEqual([200, expect.objectContaining({ id, name: 'second' })]);
      await savePipeline({ application, name: 'first', index: 0 });
      const list = await call('GET', `/applications/${application}/pipelineConfigs`);
      expect(
        (list.json as { name: string; index: number }[]).map(({ name, index }) => [name, index]),
      ).toEqual([
        ['first', 0],
        ['second', 1],
      ]);

      expect((await call('DELETE', `/pipelines/${application}/SECOND%20`)).status).toBe(200);
      expect((await call('DELETE', `/pipelines/${application}/second`)).status).toBe(200);
      expect((await call('GET', `/applications/${application}/pipelineConfigs/second`)).json).toMatchObject({
        status: 404,
        error: 'Not Found',
      });
    });

    it.each([
      [{ stages: [] }, 'application'],
      [{ application: 'a', stages: [] }, 'name'],
      [{ application: 'a', name: 'p', stages: [{ type: 'teleport' }] }, 'stages[0].type'],
      [{ application: 'a', name: 'p', stages: [wait('1'), wait('1')] }, 'stages[1].refId'],
      [{ application: 'a', name: 'p', stages: [wait('1', '2')] }, 'stages[0].requisiteStageRefIds[0]'],
      [
        { application: 'a', name: 'p', stages: [wait('1', '2'), wait('2', '1')] },
        'stages[0].requisiteStageRefIds',
      ],
    ])('are refused when wrong, and nothing is stored: case %#', async (config, path) => {
      const reply = await call('POST', '/pipelines', config);
      expect(reply.json).toMatchObject({
        status: 400,
        error: 'Bad Request',
        problems: expect.arrayContaining([expect.objectContaining({ path })]),
      });
      expect((await call('GET', '/applications/a/pipelineConfigs')).json).toEqual([]);
    });

    it('are refused when stale: 400 for the check of Spinnaker, 409 with who and what for If-Match', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p' });
      const read = await call('GET', `/applications/${application}/pipelineConfigs/p`);
      const config = read.json as { id: string };
      const etag = String(read.headers.etag);
      await savePipeline({ ...config, description: 'changed meanwhile' });

      const stale = await call('POST', '/pipelines?staleCheck=true', {
        ...config,
        updateTs: '1',
        lastModified: 1,
      });
      expect(stale.json).toMatchObject({
        status: 400,
        message: expect.stringMatching(/stale.*anonymous.*description/),
      });
      const conflict = await call('POST', '/pipelines', config, { 'if-match': etag });
      expect(conflict.json).toMatchObject({
        status: 409,
        changedSince: [{ author: 'anonymous', version: 2, paths: ['description'] }],
      });
      expect((await call('POST', '/pipelines', config, { 'if-match': 'W/"x"' })).status).toBe(400);
    });

    it('keep their history, tell who changed what and why, and come back', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p', description: 'one' });
      const { id } = (await call('GET', `/applications/${application}/pipelineConfigs/p`)).json as {
        id: string;
      };
      await call(
        'POST',
        '/pipelines',
        { id, application, name: 'p', description: 'two' },
        { 'x-spinnaker-reason': 'because' },
      );
      const history = (await call('GET', `/pipelineConfigs/${id}/history?limit=100`)).json as object[];
      expect(history).toEqual([
        expect.objectContaining({ description: 'two', lastModifiedBy: 'anonymous' }),
        expect.objectContaining({ description: 'one' }),
      ]);
      expect((await call('GET', `/pipelineConfigs/${id}/versions?limit=1`)).json).toEqual([
        expect.objectContaining({
          version: 2,
          reason: 'because',
          from: '127.0.0.1',
          changes: [{ path: 'description', before: 'one', after: 'two' }],
        }),
      ]);
      expect((await call('POST', `/pipelineConfigs/${id}/restore`, { version: 1 })).json).toMatchObject({
        description: 'one',
      });
    });

    it('are reordered in one go, and the answer is the finished task', async () => {
      const application = newApplication();
      for (const name of ['a', 'b']) await savePipeline({ application, name, id: `${application}-${name}` });
      const idsToIndices = { [`${application}-a`]: 1, [`${application}-b`]: 0 };
      const reply = await call('POST', '/actions/pipelines/reorder', { application, idsToIndices });
      expect(reply.json).toMatchObject({ status: 'SUCCEEDED', variables: expect.any(Array) });
      const list = (await call('GET', `/applications/${application}/pipelineConfigs`)).json as {
        name: string;
      }[];
      expect(list.map(({ name }) => name)).toEqual(['b', 'a']);
      expect((await call('POST', '/actions/pipelines/reorder', { application })).status).toBe(400);
    });
  });

  describe('starting', () => {
    it('takes the trigger plain or nested, fills in the user and defaults, and answers 202 with a ref', async () => {
      const application = newApplication();
      const parameterConfig = [
        { name: 'size', default: 'small' },
        { name: 'must', required: true },
      ];
      await savePipeline({ application, name: 'p', parameterConfig, stages: [wait('1')] });
      for (const body of [
        { type: 'manual', parameters: { must: 'x' } },
        { trigger: { type: 'manual', parameters: { must: 'x' }, artifacts: [] } },
      ]) {
        const id = await start(`/pipelines/${application}/p`, body);
        expect((await call('GET', `/pipelines/${id}`)).json).toMatchObject({
          id,
          application,
          name: 'p',
          type: 'PIPELINE',
          status: 'NOT_STARTED',
          trigger: { type: 'manual', user: 'anonymous', parameters: { must: 'x', size: 'small' } },
          stages: [{ type: 'wait', refId: '1', context: { waitTime: 1 } }],
        });
      }
      const missing = await call('POST', `/pipelines/${application}/p`, {});
      expect(missing.json).toMatchObject({
        status: 400,
        message: `Unable to trigger pipeline (application: ${application}, pipelineNameOrId: p). Error: Required parameter must is missing`,
      });
    });

    it('echoes the request id, and keeps it in the events of the execution', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p' });
      const headers = { 'X-SPINNAKER-REQUEST-ID': 'submitted-request-id', 'X-SPINNAKER-USER': 'some user' };
      const reply = await call('POST', `/pipelines/${application}/p`, {}, headers);
      expect([reply.status, reply.headers['x-spinnaker-request-id']]).toEqual([202, 'submitted-request-id']);
      const id = (reply.json as { ref: string }).ref.split('/').at(-1);
      expect((await call('GET', `/pipelines/${id}/events`)).json).toEqual([
        expect.objectContaining({
          version: 1,
          type: 'ExecutionSubmitted',
          meta: expect.objectContaining({
            correlationId: 'submitted-request-id',
            actor: 'anonymous',
            from: '127.0.0.1',
          }),
        }),
      ]);
    });

    it('by the second form gives the event id too', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p.v2' });
      const reply = await call('POST', `/pipelines/v2/${application}/p.v2`, {
        type: 'manual',
        dryRun: false,
      });
      expect(reply.status).toBe(202);
      expect(reply.json).toEqual({
        eventId: expect.any(String),
        ref: expect.stringMatching(/^\/pipelines\/[0-9A-Z]{26}$/),
      });
    });

    it('ad hoc runs what is in the body, and with plan only shows it', async () => {
      const application = newApplication();
      const pipeline = { application, name: 'ad hoc', stages: [wait('1')] };
      const planned = await call('POST', '/pipelines/start', { ...pipeline, plan: true });
      expect([planned.status, planned.json]).toEqual([
        200,
        expect.objectContaining({ status: 'NOT_STARTED' }),
      ]);
      expect((await call('GET', `/applications/${application}/pipelines`)).json).toEqual([]);
      const reply = await call('POST', '/pipelines/start', pipeline);
      expect(reply.status).toBe(200);
      expect((await call('GET', `/applications/${application}/pipelines`)).json).toHaveLength(1);
    });

    it('refuses what cannot run, and stores nothing', async () => {
      const application = newApplication();
      expect((await call('POST', `/pipelines/${application}/none`, {})).json).toMatchObject({
        status: 404,
        message: `Unable to trigger pipeline (application: ${application}, pipelineNameOrId: none). Error: Pipeline configuration not found (id: none)`,
      });
      await savePipeline({ application, name: 'off', disabled: true });
      expect((await call('POST', `/pipelines/${application}/off`, {})).json).toMatchObject({
        status: 400,
        message: expect.stringContaining('disabled'),
      });
      const bad = await call('POST', '/pipelines/start', {
        application,
        name: 'x',
        stages: [wait('1', '9')],
      });
      expect(bad.json).toMatchObject({
        status: 400,
        problems: [expect.objectContaining({ path: expect.stringContaining('stages[0]') })],
      });
      expect((await call('POST', '/pipelines/start', '{"application":')).status).toBe(400);
      expect((await call('GET', `/applications/${application}/pipelines?limit=100`)).json).toEqual([]);
    });

    it('asks for the same thing twice with one correlation id only once', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p' });
      const first = await start(`/pipelines/${application}/p`, { correlationId: `c-${application}` });
      expect(await start(`/pipelines/${application}/p`, { correlationId: `c-${application}` })).toBe(first);
    });
  });

  describe('executions', () => {
    it('are listed per configuration, and gone with it', async () => {
      const application = newApplication();
      const id = `${application}-p`;
      await savePipeline({ application, id, name: 'p', stages: [wait('1')] });
      const ids = [];
      for (let index = 0; index < 3; index += 1) ids.push(await start(`/pipelines/${application}/p`, {}));
      const list = async (query: string) =>
        ((await call('GET', `/applications/${application}/pipelines${query}`)).json as { id: string }[]).map(
          (one) => one.id,
        );
      expect(await list('')).toHaveLength(3);
      expect(await list('?limit=2')).toHaveLength(2);
      expect(await list('?limit=0')).toEqual([]);
      expect(await list('?statuses=NOT_STARTED,RUNNING')).toHaveLength(3);
      expect(await list('?statuses=SUCCEEDED')).toEqual([]);
      expect(await list('?running=true')).toHaveLength(3);
      expect((await call('GET', `/applications/${application}/pipelines?statuses=BROKEN`)).status).toBe(400);
      expect((await call('GET', `/executions?pipelineConfigIds=${id}&limit=2`)).json).toHaveLength(2);
      expect((await call('GET', `/executions?pipelineConfigIds=${id}`)).json).toHaveLength(1);
      expect((await call('GET', `/executions?executionIds=${ids[0]},none`)).json).toEqual([
        expect.objectContaining({ id: ids[0] }),
      ]);
      expect((await call('GET', '/executions')).json).toEqual(
        expect.arrayContaining(ids.map((one) => expect.objectContaining({ id: one }) as unknown)),
      );
      expect((await call('GET', `/executions?pipelineConfigIds=a&executionIds=b`)).status).toBe(400);
      const small = (await call('GET', `/applications/${application}/pipelines?expand=false`)).json as {
        stages: object[];
      }[];
      expect(small[0]?.stages).toEqual([expect.objectContaining({ context: {}, outputs: {}, tasks: [] })]);

      await call('DELETE', `/pipelines/${application}/p`);
      expect(await list('')).toEqual([]);
    });

    it('are paged by cursor, newest first', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p' });
      const ids = [];
      for (let index = 0; index < 5; index += 1) ids.push(await start(`/pipelines/${application}/p`, {}));
      const seen: string[] = [];
      let url: string | undefined = `/applications/${application}/pipelines?cursor=&limit=2`;
      while (url !== undefined) {
        const reply = await call('GET', url);
        seen.push(...(reply.json as { id: string }[]).map((one) => one.id));
        url = /<([^>]+)>; rel="next"/.exec(String(reply.headers.link ?? ''))?.[1];
      }
      expect(seen).toEqual([...ids].reverse());
      expect((await call('GET', `/applications/${application}/pipelines?cursor=nonsense`)).status).toBe(400);
    });

    it('are cancelled with a reason, also through the path with the placeholder that spin leaves in', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p', stages: [wait('1')] });
      const first = await start(`/pipelines/${application}/p`, {});
      const reply = await call('PUT', `/pipelines/${first}/cancel?force=false&reason=because`);
      expect([reply.status, reply.text]).toEqual([200, '']);
      expect((await call('GET', `/pipelines/${first}`)).json).toMatchObject({
        status: 'CANCELED',
        canceled: true,
        canceledBy: 'anonymous',
        cancellationReason: 'because',
      });
      const second = await start(`/pipelines/${application}/p`, {});
      expect((await call('PUT', `/applications/%7Bapplication%7D/pipelines/${second}/cancel`)).status).toBe(
        200,
      );
      expect((await call('GET', `/pipelines/${second}`)).json).toMatchObject({ canceled: true });
      expect((await call('PUT', '/pipelines/none/cancel')).status).toBe(404);
    });

    it('are deleted once they have ended, never before', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p', stages: [wait('1')] });
      const id = await start(`/pipelines/${application}/p`, {});
      expect((await call('DELETE', `/pipelines/${id}`)).json).toMatchObject({
        status: 409,
        message: expect.stringContaining('cancel it first'),
      });
      await call('PUT', `/pipelines/${id}/cancel`);
      expect((await call('DELETE', `/pipelines/${id}`)).status).toBe(200);
      expect((await call('GET', `/pipelines/${id}`)).status).toBe(404);
      expect((await call('GET', `/applications/${application}/pipelines`)).json).toEqual([]);
    });

    it('are shown as they were at a version or a time, with their events paged', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p', stages: [wait('1')] });
      const before = Date.now() - 60_000;
      const id = await start(`/pipelines/${application}/p`, {});
      await call('PUT', `/pipelines/${id}/cancel`);
      const { version } = (await call('GET', `/pipelines/${id}`)).json as { version: number };
      expect(version).toBeGreaterThan(1);
      expect((await call('GET', `/pipelines/${id}?at=1`)).json).toMatchObject({
        status: 'NOT_STARTED',
        canceled: false,
      });
      expect((await call('GET', `/pipelines/${id}?at=${Date.now() + 60_000}`)).json).toMatchObject({
        status: 'CANCELED',
      });
      expect((await call('GET', `/pipelines/${id}?at=${new Date(before).toISOString()}`)).status).toBe(404);
      expect((await call('GET', `/pipelines/${id}?at=never`)).status).toBe(400);

      const page = await call('GET', `/pipelines/${id}/events?limit=1`);
      expect(page.json).toHaveLength(1);
      const next = /<([^>]+)>/.exec(String(page.headers.link))?.[1] ?? '';
      expect((await call('GET', next)).json).toMatchObject([{ version: 2 }]);
      expect((await call('GET', `/pipelines/${id}/events?after=${version}`)).json).toEqual([]);
      expect((await call('GET', '/pipelines/none/events')).status).toBe(404);
    });

    it('answer a change of a stage with the whole execution, and refuse a stage that is not there or not waiting', async () => {
      const application = newApplication();
      await savePipeline({
        application,
        name: 'p',
        stages: [{ type: 'manualJudgment', name: 'judge', refId: '1' }],
      });
      const id = await start(`/pipelines/${application}/p`, {});
      const { stages } = (await call('GET', `/pipelines/${id}`)).json as { stages: { id: string }[] };
      const stage = `/pipelines/${id}/stages/${stages[0]?.id}`;
      const reply = await call('PATCH', stage, { note: 'hello' });
      expect([reply.status, reply.json]).toEqual([
        200,
        expect.objectContaining({
          id,
          stages: [
            expect.objectContaining({
              context: expect.objectContaining({ note: 'hello', lastModifiedBy: 'anonymous' }),
            }),
          ],
        }),
      ]);
      expect((await call('PATCH', stage, { judgmentStatus: 'stop' })).status).toBe(409);
      expect((await call('PATCH', `/pipelines/${id}/stages/none`, {})).status).toBe(404);
      expect((await call('PUT', `/pipelines/${id}/pause`)).status).toBe(409);
      expect((await call('PUT', `/pipelines/${id}/resume`)).status).toBe(409);
    });

    it('are listed as they are, also when a stage is changed after the end', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p', stages: [wait('1')] });
      const id = await start(`/pipelines/${application}/p`, {});
      await call('PUT', `/pipelines/${id}/cancel`);
      const listed = async () => {
        const answers = await Promise.all(
          [`/applications/${application}/pipelines`, `/executions?executionIds=${id}`].map((path) =>
            call('GET', path),
          ),
        );
        return answers.map(({ json }) => (json as Execution[])[0]);
      };
      const [before] = await listed();
      expect(before).toMatchObject({ id, status: 'CANCELED' });
      const changed = await call('PATCH', `/pipelines/${id}/stages/${before?.stages[0]?.id}`, {
        note: 'late',
      });
      expect(changed.status).toBe(200);
      for (const after of await listed())
        expect(after).toMatchObject({ id, stages: [{ context: { note: 'late' } }] });
    });

    it('are searched by trigger', async () => {
      const application = newApplication();
      await savePipeline({ application, name: 'p' });
      await start(`/pipelines/${application}/p`, { type: 'webhook', payload: { branch: 'main' } });
      const id = await start(`/pipelines/${application}/p`, {
        type: 'webhook',
        payload: { branch: 'release-7' },
      });
      const trigger = Buffer.from(JSON.stringify({ payload: { branch: 'release-.*' } })).toString('base64');
      const reply = await call(
        'GET',
        `/applications/${application}/executions/search?trigger=${encodeURIComponent(trigger)}&triggerTypes=webhook`,
      );
      expect(reply.json).toEqual([expect.objectContaining({ id })]);
      expect((await call('GET', `/applications/*/executions/search?trigger=xx`)).status).toBe(400);
    });
  });

  describe('tasks', () => {
    it('are started, shown, listed, cancelled and deleted', async () => {
      const application = newApplication();
      const job = [
        { type: 'wait', waitTime: 600 },
        { type: 'wait', waitTime: 1 },
      ];
      const reply = await call('POST', '/tasks', { application, description: 'Do it', job });
      expect([reply.status, reply.json]).toEqual([200, { ref: expect.stringMatching(/^\/tasks\/[^/]+$/) }]);
      const id = (reply.json as { ref: string }).ref.split('/').at(-1);
      expect((await call('GET', `/tasks/${id}`)).json).toMatchObject({
        id,
        name: 'Do it',
        application,
        status: 'NOT_STARTED',
        variables: expect.arrayContaining([{ key: 'waitTime', value: 1 }]),
        steps: [],
        execution: {
          type: 'ORCHESTRATION',
          stages: [{ refId: '0' }, { refId: '1', requisiteStageRefIds: ['0'] }],
        },
      });
      expect((await call('GET', `/pipelines/${id}`)).status).toBe(404);
      expect(
        (await call('GET', `/applications/${application}/tasks?statuses=NOT_STARTED`)).json,
      ).toHaveLength(1);
      expect((await call('DELETE', `/tasks/${id}`)).status).toBe(409);
      expect((await call('PUT', `/tasks/${id}/cancel`)).text).toBe('');
      expect((await call('GET', `/tasks/${id}`)).json).toMatchObject({ status: 'CANCELED' });
      expect((await call('DELETE', `/tasks/${id}`)).status).toBe(200);
      expect((await call('GET', `/tasks/${id}`)).json).toMatchObject({
        status: 404,
        message: `Task not found (id: ${id})`,
      });
    });

    it('started under an application belong to it, whatever the body says', async () => {
      const application = newApplication();
      const reply = await call('POST', `/applications/${application}/tasks`, {
        application: 'other',
        job: [{ type: 'wait', waitTime: 1 }],
        description: 'x',
      });
      const id = (reply.json as { ref: string }).ref.split('/').at(-1);
      expect((await call('GET', `/tasks/${id}`)).json).toMatchObject({ application });
    });

    it.each([
      [{ job: [{ type: 'wait' }] }, 'application'],
      [{ application: 'a' }, 'job'],
      [{ application: 'a', job: [] }, 'job'],
      [{ application: 'a', job: [{}] }, 'job[0].type'],
      [{ application: 'a', job: [{ type: 'teleport' }] }, 'job[0].type'],
    ])('are refused when wrong: case %#', async (body, path) => {
      expect((await call('POST', '/tasks', body)).json).toMatchObject({
        status: 400,
        problems: [expect.objectContaining({ path })],
      });
    });
  });
});
