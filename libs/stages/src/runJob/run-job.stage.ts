import { Duration } from '@js-joda/core';
import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { booleanLike } from '../fields.js';
import {
  accountOf,
  cancelOperations,
  clusterStageSchema,
  failureOf,
  lastResults,
  monitorTask,
  operationTask,
  stageFields,
} from '../kubernetes/operation-task.js';
import { promoteOutputs } from '../kubernetes/promote-outputs.js';
import { ownManifests, sourceTask } from '../kubernetes/source-manifest.js';
import { artifactsOf, bindProducedArtifacts, requiredArtifacts } from '../kubernetes/stage-artifacts.js';
import {
  defineStage,
  type StageInput,
  type TaskDefinition,
  type TaskInput,
  type TaskResult,
} from '../stage-definition.js';

const TWO_HOURS_MS = 2 * 3_600_000;

const schema = clusterStageSchema.extend({
  source: z.enum(['text', 'artifact']).nullish(),
  waitForCompletion: booleanLike.nullish().transform((value) => value ?? true),
  propertyFile: z.string().nullish(),
  jobRuntimeLimit: z.string().nullish(),
});

type Config = z.infer<typeof schema>;

export const runJobStage = defineStage<Config>({
  type: 'runJob',
  aliases: ['runJobManifest'],
  label: 'Run Job (Manifest)',
  description: 'Runs a Kubernetes Job, waits for its end and takes over what it says in its log.',
  schema,
  tasks: [
    resolveJobSource(),
    operationTask({ name: 'runJob', kind: 'runJob', describe: jobDescription }),
    monitorTask('monitorDeploy'),
    promoteOutputs(),
    { name: 'promoteJob', run: promoteJob },
    waitOnJobCompletion(),
    bindProducedArtifacts(),
  ],
  plan: ({ config }) => [
    'resolveJobSource',
    'runJob',
    'monitorDeploy',
    'promoteOutputs',
    'promoteJob',
    ...(config.waitForCompletion ? ['waitOnJobCompletion'] : []),
    'bindProducedArtifacts',
  ],
  dryRunOutputs: () => ({ jobStatus: { jobState: 'Succeeded' }, propertyFileContents: {} }),
  cleanUp: async (input) => {
    await cancelOperations(input);
    const { stage, execution, ports, workItemId } = input;
    const name = jobsOf(stage.context)[0];
    // A Job that was asked to stop must not run on.
    if (!name || !isStopped(input)) return {};
    await ports.operations.request({
      id: workItemId,
      kind: 'deleteManifest',
      application: execution.application,
      account: accountOf(stage.context),
      description: { account: accountOf(stage.context), manifestName: name.name, location: name.location },
      user: execution.canceledBy ?? execution.authentication?.user ?? 'anonymous',
      executionId: execution.id,
      stageId: stage.id,
    });
    return {};
  },
});

function isStopped({ stage, execution }: StageInput<Config>): boolean {
  return execution.canceled || stage.status === 'CANCELED';
}

function resolveJobSource(): TaskDefinition<Config> {
  return sourceTask<Config>({
    name: 'resolveJobSource',
    prefix: 'manifest',
    inPlace: ownManifests,
    run: ({ context, stage }, source) => {
      const manifests = source.filter(isObject);
      const [manifest] = manifests;
      if (!manifest || manifests.length !== 1) {
        throw new InvalidInputError('stages.one_job', [
          { path: 'manifest', message: `exactly one Job manifest is needed, got ${manifests.length}` },
        ]);
      }
      const resolved = {
        manifest,
        requiredArtifacts: requiredArtifacts(context, stage.context),
        optionalArtifacts: artifactsOf(context),
      };
      return { status: 'SUCCEEDED', context: resolved };
    },
  });
}

function jobDescription({ stage, execution }: TaskInput<Config>): JsonObject {
  return {
    application: execution.application,
    ...stageFields(stage.context),
    account: accountOf(stage.context),
  };
}

/** Notes the names of the Jobs that the operation made, as `deploy.jobs`. */
async function promoteJob(input: TaskInput<Config>): Promise<TaskResult> {
  const [result] = await lastResults(input);
  const names = result?.['deployedNamesByLocation'];
  return { status: 'SUCCEEDED', context: { 'deploy.jobs': isObject(names) ? names : {} } };
}

function jobsOf(context: JsonObject): { location: string; name: string }[] {
  const jobs = context['deploy.jobs'];
  if (!isObject(jobs)) return [];
  return Object.entries(jobs).flatMap(([location, names]) =>
    (Array.isArray(names) ? names : []).map((name) => ({ location, name: String(name) })),
  );
}

const KEPT = ['jobStatus', 'completionDetails', 'propertyFileContents'] as const;

function waitOnJobCompletion(): TaskDefinition<Config> {
  const task = operationTask<Config>({
    name: 'waitOnJobCompletion',
    kind: 'waitOnJobCompletion',
    describe: ({ stage, config }) => {
      const [job] = jobsOf(stage.context);
      return {
        account: accountOf(stage.context),
        cloudProvider: stage.context['cloudProvider'] ?? 'kubernetes',
        manifestName: job?.name ?? '',
        location: job?.location ?? '',
        propertyFile: config.propertyFile ?? null,
      };
    },
    timeoutMs: ({ config }) => Math.max(TWO_HOURS_MS, limitMs(config.jobRuntimeLimit)),
  });
  return {
    ...task,
    run: async (input) => {
      const jobs = jobsOf(input.stage.context);
      if (jobs.length !== 1)
        throw new InvalidInputError('stages.one_job', `expected one Job, found ${jobs.length}`);
      const result = await task.run(input);
      if (result.status !== 'SUCCEEDED') return result;
      const { stage } = input;
      const after = { ...input, stage: { ...stage, context: { ...stage.context, ...result.context } } };
      const [found] = await lastResults(after);
      const failure = failureOf(after, task.name);
      return {
        ...result,
        ...completion(found),
        ...failure,
        context: { ...result.context, ...completion(found).context },
      };
    },
  };
}

/** What the Job left behind; its properties are read also when it failed. */
function completion(found: JsonObject | undefined): { context: JsonObject; outputs: JsonObject } {
  const kept = Object.fromEntries(
    KEPT.filter((key) => found?.[key] !== undefined).map((key) => [key, found?.[key]]),
  );
  const properties = isObject(found?.['propertyFileContents']) ? found['propertyFileContents'] : {};
  return { context: { ...kept, ...properties }, outputs: { ...kept, ...properties } };
}

function limitMs(text: string | null | undefined): number {
  if (!text) return 0;
  try {
    return Duration.parse(text).toMillis();
  } catch {
    throw new InvalidInputError('stages.invalid_config', [
      { path: 'jobRuntimeLimit', message: `'${text}' is not an ISO 8601 duration such as PT3H` },
    ]);
  }
}
