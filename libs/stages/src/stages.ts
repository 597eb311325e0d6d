import {
  checkPreconditionsStage,
  checkPreconditionStage,
} from './checkPreconditions/check-preconditions.stage.js';
import { deleteManifestStage } from './deleteManifest/delete-manifest.stage.js';
import { deployCanaryStage } from './deployCanary/deploy-canary.stage.js';
import { deployManifestStage } from './deployManifest/deploy-manifest.stage.js';
import { evaluateVariablesStage } from './evaluateVariables/evaluate-variables.stage.js';
import { manualJudgmentStage } from './manualJudgment/manual-judgment.stage.js';
import { noopStage } from './noop/noop.stage.js';
import { deleteApplicationStage } from './deleteApplication/delete-application.stage.js';
import { deletePipelineStage } from './deletePipeline/delete-pipeline.stage.js';
import { deleteProjectStage } from './deleteProject/delete-project.stage.js';
import { reorderPipelinesStage } from './reorderPipelines/reorder-pipelines.stage.js';
import { savePipelineStage } from './savePipeline/save-pipeline.stage.js';
import { upsertApplicationStage } from './upsertApplication/upsert-application.stage.js';
import { upsertProjectStage } from './upsertProject/upsert-project.stage.js';
import { restrictExecutionDuringTimeWindowStage } from './restrictExecutionDuringTimeWindow/restrict-execution-during-time-window.stage.js';
import { waitUntilStage } from './waitUntil/wait-until.stage.js';
import { dependsOnExecutionStage } from './dependsOnExecution/depends-on-execution.stage.js';
import { findArtifactFromExecutionStage } from './findArtifactFromExecution/find-artifact-from-execution.stage.js';
import { evaluateArtifactsStage } from './evaluateArtifacts/evaluate-artifacts.stage.js';
import { lockStage, releaseLockStage } from './lock/lock.stages.js';
import { monitorPipelineStage } from './monitorPipeline/monitor-pipeline.stage.js';
import { pipelineStage } from './pipeline/pipeline.stage.js';
import type { StageDefinition } from './stage-definition.js';
import { waitStage } from './wait/wait.stage.js';
import { type PreconfiguredWebhook, preconfiguredWebhookStage } from './webhook/preconfigured-webhook.js';
import { webhookStage } from './webhook/webhook.stage.js';
import { disableManifestStage, enableManifestStage } from './enableManifest/enable-manifest.stages.js';
import { findArtifactFromResourceStage } from './findArtifactFromResource/find-artifact-from-resource.stage.js';
import { patchManifestStage } from './patchManifest/patch-manifest.stage.js';
import {
  pauseRolloutManifestStage,
  resumeRolloutManifestStage,
  rollingRestartManifestStage,
} from './rolloutManifest/rollout-manifest.stages.js';
import { cleanupCanaryClustersStage } from './cleanupCanaryClusters/cleanup-canary-clusters.stage.js';
import { deployCanaryServerGroupsStage } from './deployCanaryServerGroups/deploy-canary-server-groups.stage.js';
import { kayentaCanaryStage, runCanaryIntervalsStage } from './kayentaCanary/kayenta-canary.stage.js';
import { runCanaryStage } from './runCanary/run-canary.stage.js';
import {
  createPipelineTemplateStage,
  deletePipelineTemplateStage,
  updatePipelineTemplateStage,
} from './pipelineTemplate/pipeline-template.stages.js';
import { runMultiplePipelinesStage } from './runMultiplePipelines/run-multiple-pipelines.stage.js';
import { savePipelinesFromArtifactStage } from './savePipelinesFromArtifact/save-pipelines-from-artifact.stage.js';
import { waitForConditionStage } from './waitForCondition/wait-for-condition.stage.js';
import { type PreconfiguredJob, preconfiguredJobStage } from './runJob/preconfigured-job.js';
import { runJobStage } from './runJob/run-job.stage.js';
import { scaleManifestStage } from './scaleManifest/scale-manifest.stage.js';
import { undoRolloutManifestStage } from './undoRolloutManifest/undo-rollout-manifest.stage.js';

/** Stage types that the operators of an installation have set up. */
export interface OperatorStages {
  webhooks?: PreconfiguredWebhook[];
  jobs?: PreconfiguredJob[];
}

/** Every stage type of an installation: the product's, and those that its operators have set up. */
export function stagesWith({ webhooks = [], jobs = [] }: OperatorStages): StageDefinition[] {
  return [
    ...STAGES,
    ...webhooks.filter(({ enabled }) => enabled).map(preconfiguredWebhookStage),
    ...jobs.filter(({ enabled }) => enabled).map(preconfiguredJobStage),
  ];
}

/** Every stage type of the product. A new one is a folder beside this file and a line here. */
export const STAGES: StageDefinition[] = [
  deleteApplicationStage,
  deletePipelineStage,
  deleteProjectStage,
  reorderPipelinesStage,
  savePipelineStage,
  savePipelinesFromArtifactStage,
  createPipelineTemplateStage,
  updatePipelineTemplateStage,
  deletePipelineTemplateStage,
  upsertApplicationStage,
  upsertProjectStage,
  checkPreconditionsStage,
  checkPreconditionStage,
  deleteManifestStage,
  deployCanaryStage,
  deployManifestStage,
  evaluateVariablesStage,
  manualJudgmentStage,
  noopStage,
  dependsOnExecutionStage,
  findArtifactFromExecutionStage,
  evaluateArtifactsStage,
  lockStage,
  monitorPipelineStage,
  pipelineStage,
  releaseLockStage,
  runMultiplePipelinesStage,
  waitForConditionStage,
  restrictExecutionDuringTimeWindowStage,
  waitStage,
  waitUntilStage,
  webhookStage,
  disableManifestStage,
  enableManifestStage,
  findArtifactFromResourceStage,
  patchManifestStage,
  pauseRolloutManifestStage,
  resumeRolloutManifestStage,
  rollingRestartManifestStage,
  cleanupCanaryClustersStage,
  deployCanaryServerGroupsStage,
  kayentaCanaryStage,
  runCanaryIntervalsStage,
  runCanaryStage,
  runJobStage,
  scaleManifestStage,
  undoRolloutManifestStage,
];
