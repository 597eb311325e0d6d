import type { StageDraft } from '@gennaker/execution';
import { isObject, type JsonObject } from '@gennaker/kernel';
import {
  accountOf,
  cancelOperations,
  failureOf,
  lastResults,
  monitorTask,
  operationTask,
} from '../kubernetes/operation-task.js';
import { promoteOutputs } from '../kubernetes/promote-outputs.js';
import { ownManifests } from '../kubernetes/source-manifest.js';
import { bindProducedArtifacts } from '../kubernetes/stage-artifacts.js';
import { waitForManifestToStabilize } from '../kubernetes/wait-for-manifest-to-stabilize.js';
import { defineStage, type StageInput, type TaskInput, type TaskResult } from '../stage-definition.js';
import { type DeployManifestConfig, deployManifestSchema } from './deploy-manifest.schema.js';
import { deployDescription, resolveDeploySourceManifest, strategyOf } from './deploy-manifest.task.js';

const PREVIOUS = 'previousServerGroups';

const DRY_TASKS = ['resolveDeploySourceManifest', 'planManifests', 'monitorPlan'];

const TASKS = [
  'resolveDeploySourceManifest',
  'deployManifest',
  'monitorDeploy',
  'promoteOutputs',
  'waitForManifestToStabilize',
  'cleanupArtifacts',
  'monitorCleanup',
  'promoteOutputs',
  'bindProducedArtifacts',
];

export const deployManifestStage = defineStage<DeployManifestConfig>({
  type: 'deployManifest',
  aliases: ['deployManifestV2'],
  label: 'Deploy (Manifest)',
  description: 'Deploys Kubernetes manifests and waits until they are stable.',
  schema: deployManifestSchema,
  tasks: [
    resolveDeploySourceManifest,
    operationTask({ name: 'deployManifest', kind: 'deployManifest', describe: deployDescription }),
    monitorTask('monitorDeploy'),
    promoteOutputs(),
    waitForManifestToStabilize(),
    operationTask({ name: 'cleanupArtifacts', kind: 'cleanupArtifacts', describe: cleanupDescription }),
    monitorTask('monitorCleanup'),
    bindProducedArtifacts(),
    operationTask({ name: 'planManifests', kind: 'planManifests', describe: deployDescription }),
    { name: 'monitorPlan', run: monitorPlan },
  ],
  plan: ({ config }) => (config.plan === true ? DRY_TASKS : TASKS),
  after: followStrategy,
  dryRunOutputs: (input) => ({ manifests: ownManifests(input) }),
  cleanUp: cancelOperations,
});

/** Shows the plan as an output, or why there is none. */
async function monitorPlan(input: TaskInput<DeployManifestConfig>): Promise<TaskResult> {
  const failure = failureOf(input, 'planManifests');
  if (failure) return failure;
  const [result] = await lastResults(input);
  return {
    status: 'SUCCEEDED',
    context: { 'outputs.plan': result?.['plan'] },
    outputs: { plan: result?.['plan'] },
  };
}

function cleanupDescription({ stage, config, execution }: TaskInput<DeployManifestConfig>): JsonObject {
  const manifests = stage.context['outputs.manifests'];
  const strategy = strategyOf(config);
  return {
    account: accountOf(stage.context),
    cloudProvider: stage.context['cloudProvider'] ?? 'kubernetes',
    application: execution.application,
    manifests: Array.isArray(manifests) ? manifests : [],
    ...(strategy === undefined ? {} : { strategy }),
  };
}

/**
 * Red/black takes the traffic off the server groups that ran before, and deletes those that never came up; highlander
 * takes their traffic off and then deletes them.
 */
function followStrategy({ stage, config }: StageInput<DeployManifestConfig>): StageDraft[] {
  const strategy = strategyOf(config);
  const previous = stage.context[PREVIOUS];
  if (strategy === undefined || !Array.isArray(previous)) return [];
  const account = accountOf(stage.context);
  const drafts: StageDraft[] = [];
  for (const group of previous.filter(isObject)) {
    const name = String(group['manifestName']);
    const context = { account, cloudProvider: 'kubernetes', location: group['location'], manifestName: name };
    const dead = group['neverReady'] === true;
    if (strategy === 'highlander') {
      const disable = drafts.push({ type: 'disableManifest', name: `Disable ${name}`, context }) - 1;
      drafts.push({
        type: 'deleteManifest',
        name: `Delete ${name}`,
        context: deletion(context),
        requires: [disable],
      });
    } else if (dead) {
      drafts.push({ type: 'deleteManifest', name: `Delete ${name}`, context: deletion(context) });
    } else {
      drafts.push({ type: 'disableManifest', name: `Disable ${name}`, context });
    }
  }
  return drafts;
}

function deletion(context: JsonObject): JsonObject {
  return { ...context, options: { cascading: true } };
}
