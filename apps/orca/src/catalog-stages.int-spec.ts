import type { JsonObject } from '@gennaker/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf, stageAt, startTestOrca, type TestOrca } from './testing/orca.suite.js';

const compareText = (a: string, b: string) => a.localeCompare(b);
let orca: TestOrca;
const by = { author: 'ann', origin: 'api' };
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const stored = async (application: string) =>
  (await orca.catalog.pipelines.list(application)).map(({ name }) => String(name)).sort(compareText);
const wait = (name: string, application: string): JsonObject => ({
  application,
  name,
  stages: [{ type: 'wait', waitTime: '${parameters.t}' }],
  parameterConfig: [{ name: 't' }],
});
const run = async (stage: JsonObject) => {
  const state = await orca.run([{ refId: '1', ...stage }]);
  return { state, stage: stageAt(state, '1') };
};

beforeAll(async () => {
  orca = await startTestOrca();
});
afterAll(() => orca.close());

describe('savePipeline', () => {
  it('stores many at once, replaces those of the same name, and leaves their expressions alone', async () => {
    const { id } = await orca.catalog.pipelines.save({ application: 'many', name: 'a', stages: [] }, by);
    const pipelines = base64([wait('a', 'many'), wait('b', 'many')]);
    const { state, stage } = await run({ type: 'savePipeline', isBulkSavingPipelines: true, pipelines });
    expect([state.status, stage.outputs['bulksave']]).toMatchObject([
      'SUCCEEDED',
      { successful_pipelines: ['a', 'b'], failed_pipelines_count: 0 },
    ]);
    expect(await stored('many')).toEqual(['a', 'b']);
    expect((await orca.catalog.pipelines.get(id)).body['stages']).toEqual(wait('a', 'many')['stages']);
  });

  it('goes on when some cannot be stored, and says which; when none can, it fails', async () => {
    const bad = { application: 'some', name: 'bad', stages: [{ type: 'teleport' }] };
    const some = await run({
      type: 'savePipeline',
      isBulkSavingPipelines: true,
      pipelines: base64([wait('good', 'some'), bad]),
    });
    expect([some.state.status, some.stage.status]).toEqual(['SUCCEEDED', 'FAILED_CONTINUE']);
    expect(errorsOf(some.stage)).toEqual([expect.stringMatching(/^bad: .*teleport/)]);
    expect(await stored('some')).toEqual(['good']);
    const none = await run({ type: 'savePipeline', isBulkSavingPipelines: true, pipelines: [bad] });
    expect(none.state.status).toBe('TERMINAL');
  });

  it('names what is missing', async () => {
    expect(errorsOf((await run({ type: 'savePipeline', isBulkSavingPipelines: true })).stage)[0]).toMatch(
      /pipelines: must be a list/,
    );
    expect(errorsOf((await run({ type: 'savePipeline' })).stage)[0]).toMatch(
      /pipeline: must be the pipeline/,
    );
  });
});

describe('savePipelinesFromArtifact', () => {
  const artifact = (document: unknown) => ({
    type: 'embedded/base64',
    name: 'p',
    reference: base64(document),
  });

  it('stores the pipelines that an artifact lists by application', async () => {
    const pipelinesArtifact = artifact({ one: [wait('x', 'ignored')], two: [wait('y', 'two')] });
    const { state } = await run({ type: 'savePipelinesFromArtifact', pipelinesArtifact });
    expect(state.status).toBe('SUCCEEDED');
    expect([await stored('one'), await stored('two')]).toEqual([['x'], ['y']]);
  });

  it.each([
    [{ pipelinesArtifact: artifact([1]) }, /object of lists/],
    [{ pipelinesArtifact: artifact({ a: 1 }) }, /under a/],
    [{}, /pipelinesArtifactId/],
  ])('says what is wrong with it: case %#', async (config, message) => {
    expect(errorsOf((await run({ type: 'savePipelinesFromArtifact', ...config })).stage)[0]).toMatch(message);
  });
});

describe('the stages of pipeline templates', () => {
  const template = (stages: JsonObject[]) => ({
    schema: 'v2',
    id: 'house',
    metadata: { name: 'House', description: 'd', owner: 'a@b.c', scopes: ['global'] },
    variables: [{ name: 'seconds', type: 'int' }],
    pipeline: { stages },
  });
  const stages = [{ refId: '1', type: 'wait', waitTime: '${ templateVariables.seconds }' }];

  it('create, update and delete a template, and a child pipeline may be made of it', async () => {
    const create = { type: 'createPipelineTemplate', pipelineTemplate: base64(template(stages)) };
    expect((await run(create)).state.status).toBe('SUCCEEDED');
    const changed = base64({
      ...template(stages),
      metadata: { ...template([]).metadata, description: 'new' },
    });
    expect((await run({ ...create, pipelineTemplate: changed })).state.status).toBe('TERMINAL');
    const update = { type: 'updateV2PipelineTemplate', pipelineTemplate: changed };
    expect((await run(update)).state.status).toBe('SUCCEEDED');
    expect(await orca.catalog.templates.get('house')).toMatchObject({ metadata: { description: 'new' } });

    const config = { type: 'templatedPipeline', schema: 'v2', template: { reference: 'spinnaker://house' } };
    const { id } = await orca.catalog.pipelines.save(
      { application: 'demo', name: 'templated', ...config, variables: { seconds: 0 } },
      by,
    );
    const parent = await run({ type: 'pipeline', application: 'demo', pipeline: id });
    expect(parent.state.status).toBe('SUCCEEDED');
    const child = await orca.platform.executions.load(String(parent.stage.context['executionId']));
    expect(stageAt(child, '1')).toMatchObject({ type: 'wait', context: { waitTime: 0 } });

    const remove = { type: 'deletePipelineTemplate', pipelineTemplateId: 'house' };
    expect(errorsOf((await run(remove)).stage)[0]).toMatch(/used by "templated"/);
    await orca.catalog.pipelines.delete(id, by);
    expect((await run(remove)).state.status).toBe('SUCCEEDED');
    expect(await orca.catalog.templates.find('house')).toBeUndefined();
  });
});
