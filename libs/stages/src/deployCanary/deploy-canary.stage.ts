import { actingAs, type StageDraft } from '@gennaker/execution';
import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { numeric } from '../fields.js';
import {
  accountOf,
  cancelOperations,
  lastResults,
  monitorTask,
  operationTask,
  stageFields,
} from '../kubernetes/operation-task.js';
import { promoteOutputs } from '../kubernetes/promote-outputs.js';
import { targetStageSchema } from '../kubernetes/resolve-target-manifest.js';
import { ownManifests, sourceTask } from '../kubernetes/source-manifest.js';
import { artifactsOf, requiredArtifacts } from '../kubernetes/stage-artifacts.js';
import { waitForManifestToStabilize } from '../kubernetes/wait-for-manifest-to-stabilize.js';
import {
  type CleanUpInput,
  defineStage,
  type StageInput,
  type TaskDefinition,
  type TaskInput,
  type TaskResult,
} from '../stage-definition.js';

const schema = targetStageSchema.extend({
  source: z.enum(['text', 'artifact']).nullish(),
  /** Pods on each side; else `percentage` of the running size. */
  replicas: numeric.nullish(),
  percentage: numeric.nullish(),
  /** As a canary analysis stage has it: the pair is judged, and then taken away. */
  canaryConfig: z.looseObject({}).nullish(),
  /** Seconds that the pair stands without an analysis. */
  waitTime: numeric.nullish(),
});

type Config = z.infer<typeof schema>;

export const deployCanaryStage = defineStage<Config>({
  type: 'deployCanary',
  label: 'Deploy canary (Manifest)',
  description:
    'Deploys a baseline of what runs and a canary of what is to come, of one size, lets them be judged, and takes both away.',
  schema,
  tasks: [
    resolveSource(),
    operationTask({ name: 'deployCanary', kind: 'deployCanary', describe: canaryDescription }),
    monitorTask('monitorDeploy'),
    promoteOutputs(),
    { name: 'promoteCanary', run: promoteCanary },
    waitForManifestToStabilize(),
  ],
  after: judgeAndRemove,
  onFailure: (input) => removals(input),
  cleanUp: removePair,
});

function resolveSource(): TaskDefinition<Config> {
  return sourceTask<Config>({
    name: 'resolveCanarySource',
    prefix: 'manifest',
    inPlace: ownManifests,
    run: ({ context, stage }, source) => {
      const manifests = source.filter(isObject);
      if (manifests.length > 1) {
        throw new InvalidInputError('stages.one_manifest', [
          {
            path: 'manifests',
            message: `at most one manifest, the new version, is needed; got ${manifests.length}`,
          },
        ]);
      }
      const resolved = {
        manifest: manifests[0] ?? null,
        requiredArtifacts: requiredArtifacts(context, stage.context),
        optionalArtifacts: artifactsOf(context),
      };
      return { status: 'SUCCEEDED', context: resolved };
    },
  });
}

function canaryDescription({ stage, execution }: TaskInput<Config>): JsonObject {
  const { canaryConfig: _judged, ...fields } = stageFields(stage.context);
  return { application: execution.application, ...fields, account: accountOf(stage.context) };
}

/** Names both sides, for the analysis and whoever looks on. */
async function promoteCanary(input: TaskInput<Config>): Promise<TaskResult> {
  const [result] = await lastResults(input);
  const promoted = {
    baseline: result?.['baseline'],
    canary: result?.['canary'],
    canarySize: result?.['size'],
  };
  return { status: 'SUCCEEDED', context: promoted, outputs: promoted };
}

function judgeAndRemove(input: StageInput<Config>): StageDraft[] {
  const { config, stage } = input;
  const judged: StageDraft[] = [];
  if (config.canaryConfig) {
    judged.push({
      type: 'kayentaCanary',
      name: 'Canary analysis',
      context: { canaryConfig: stage.context['canaryConfig'] },
    });
  } else if (config.waitTime) {
    judged.push({ type: 'wait', name: 'Let the canary run', context: { waitTime: config.waitTime } });
  }
  return [...judged, ...removals(input, judged.length)];
}

/** Takes both sides away, once the first `after` drafts have passed. */
function removals({ stage }: StageInput<Config>, after = 0): StageDraft[] {
  return sidesOf(stage.context).map((manifestName) => ({
    type: 'deleteManifest',
    name: `Delete ${manifestName}`,
    context: deletion(stage.context, manifestName),
    requires: Array.from({ length: after }, (_, index) => index),
  }));
}

/** Names that do not depend on how far the stage has come: what is not there counts as deleted. */
function sidesOf({ manifestName }: JsonObject): string[] {
  return typeof manifestName === 'string'
    ? ['baseline', 'canary'].map((role) => `${manifestName}-${role}`)
    : [];
}

function deletion(context: JsonObject, manifestName: string): JsonObject {
  return {
    account: accountOf(context),
    cloudProvider: 'kubernetes',
    location: context['location'],
    manifestName,
    options: { cascading: true },
  };
}

/** A cancelled stage runs no further stages, so what it has deployed is taken away from here. */
async function removePair(input: CleanUpInput<Config>): Promise<JsonObject> {
  const { stage, execution, ports, workItemId } = input;
  await cancelOperations(input);
  if (stage.status !== 'CANCELED' && !execution.canceled) return {};
  for (const [index, manifestName] of sidesOf(stage.context).entries()) {
    await ports.operations.request({
      id: `${workItemId}-${index}`,
      kind: 'deleteManifest',
      application: execution.application,
      account: accountOf(stage.context),
      description: deletion(stage.context, manifestName),
      user: actingAs(execution, stage.id).user,
      executionId: execution.id,
      stageId: stage.id,
    });
  }
  return {};
}
