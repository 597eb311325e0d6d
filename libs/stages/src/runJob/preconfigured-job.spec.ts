import { evolve, submitExecution } from '@gennaker/execution';
import { isObject, type JsonObject, SequentialIds } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import { ExecutionExpressions } from '../expressions/execution-expressions.js';
import { stageJsonSchema } from '../stage-json-schema.js';
import { RegistryPlanner } from '../stage-planner.js';
import { StageRegistry } from '../stage-registry.js';
import { stagesWith } from '../stages.js';
import { jobMetadata, preconfiguredJobsIn, preconfiguredJobStage } from './preconfigured-job.js';

const NOW = Date.UTC(2026, 0, 5);

const JOB = {
  type: 'migrate',
  label: 'Migrate the database',
  account: 'prod',
  propertyFile: 'migrate',
  manifest: {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { generateName: 'migrate-', namespace: 'shop' },
    spec: {
      parallelism: 1,
      template: {
        spec: {
          containers: [
            { name: 'migrate', image: 'migrate:${ trigger.tag }', env: [{ name: 'TO', value: '' }] },
          ],
        },
      },
    },
  },
  parameters: [
    {
      name: 'to',
      label: 'Version',
      description: 'Of the schema',
      mapping: 'manifest.spec.template.spec.containers[0].env[0].value',
      defaultValue: 'latest',
    },
    { name: 'parallelism', mapping: 'manifest.spec.parallelism' },
  ],
};

const jobs = (changes: JsonObject = {}) => preconfiguredJobsIn(JSON.stringify([{ ...JOB, ...changes }]));

/** What the stage's context is when its tasks run. */
function planned(stage: JsonObject): { context: JsonObject; tasks: string[] } {
  const state = evolve(
    undefined,
    submitExecution(
      {
        application: 'shop',
        name: 'p',
        trigger: { type: 'manual', tag: '7' },
        stages: [{ refId: '1', type: 'migrate', ...stage }],
      },
      {
        type: 'PIPELINE',
        now: NOW,
        ids: new SequentialIds(),
        authentication: { user: 'ann', allowedAccounts: [] },
        origin: 'api',
      },
    ),
  );
  const planner = new RegistryPlanner(
    new StageRegistry(stagesWith({ jobs: jobs() })),
    new ExecutionExpressions(),
  );
  const { id, context } = Object.values(state.stages)[0]!;
  const plan = planner.plan({ ...state, status: 'RUNNING' }, id, NOW);
  if (plan.kind !== 'planned') throw new Error(JSON.stringify(plan));
  return { context: { ...context, ...plan.context }, tasks: plan.tasks.map(({ name }) => name) };
}

function containerOf({ manifest }: JsonObject): unknown {
  const text = JSON.stringify(isObject(manifest) ? manifest['spec'] : undefined);
  return (JSON.parse(text) as { template: { spec: { containers: unknown[] } } }).template.spec.containers[0];
}

describe('a job that the operators have set up', () => {
  it('runs with the values that the stage gives its parameters, expressions evaluated', () => {
    const { context, tasks } = planned({ parameters: { to: 'v${ 1 + 1 }' } });
    expect(containerOf(context)).toEqual({
      name: 'migrate',
      image: 'migrate:7',
      env: [{ name: 'TO', value: 'v2' }],
    });
    expect(context).toMatchObject({ account: 'prod', propertyFile: 'migrate', waitForCompletion: true });
    expect(tasks).toContain('waitOnJobCompletion');
  });

  it('takes defaults for those that are not given, and numbers as the manifest has them', () => {
    expect(containerOf(planned({}).context)).toMatchObject({ env: [{ value: 'latest' }] });
    const { context } = planned({ parameters: { to: 12, parallelism: 3 } });
    expect(containerOf(context)).toMatchObject({ env: [{ value: '12' }] });
    expect(context['manifest']).toMatchObject({ spec: { parallelism: 3 } });
  });

  it('lets no stage choose what runs, or where', () => {
    const own = {
      account: 'other',
      credentials: 'other',
      source: 'artifact',
      manifest: { kind: 'Job', metadata: { name: 'mine' } },
      manifests: [{ kind: 'Job', metadata: { name: 'mine' } }],
    };
    const { context } = planned(own);
    expect(context).toMatchObject({ account: 'prod', credentials: 'prod', source: 'text', manifests: [] });
    expect(context['manifest']).toMatchObject({ metadata: { generateName: 'migrate-' } });
  });

  it('tells editors of its parameters, and nothing of what it runs', () => {
    const [job] = jobs();
    expect(jobMetadata(job!)).toMatchObject({ type: 'migrate', parameters: [{ name: 'to' }, {}] });
    expect(JSON.stringify(jobMetadata(job!))).not.toContain('image');
    expect(stageJsonSchema(preconfiguredJobStage(job!))).toMatchObject({
      title: 'Migrate the database',
      properties: {
        type: { enum: ['migrate'] },
        parameters: {
          anyOf: [
            { properties: { to: { title: 'Version', description: 'Of the schema', default: 'latest' } } },
            {},
          ],
        },
      },
    });
  });

  it.each([
    [{ account: '' }, /PRECONFIGURED_JOBS\.0\.account/],
    [{ cloudProvider: 'titus' }, /PRECONFIGURED_JOBS\.0\.cloudProvider: must be kubernetes/],
    [
      { parameters: [{ name: 'to', mapping: 'manifest.spec.template.spec.containers[7].image' }] },
      /PRECONFIGURED_JOBS\.0\.parameters\.0\.mapping: .*there is no "7"/,
    ],
    [{ parameters: [{ name: 'to', mapping: 'manifest..image' }] }, /more than one place/],
  ])('is refused at start where it could not run: %j', (changes, message) => {
    expect(() => jobs(changes)).toThrow(message);
  });
});
