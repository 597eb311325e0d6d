import { aggregateScores } from '@gennaker/canary';
import { childrenOf, descendantsOf, type StageDraft, type StageState } from '@gennaker/execution';
import { GennakerError } from '@gennaker/kernel';
import { exceptionOf } from '../stage-exception.js';
import {
  type CleanUpInput,
  defineStage,
  type StageInput,
  type TaskInput,
  type TaskResult,
} from '../stage-definition.js';
import { cleanupDrafts, deployedIn } from '../cleanupCanaryClusters/cleanup-drafts.js';
import { judgementPlanOf, intervalDrafts } from './canary-intervals.js';
import {
  type KayentaCanaryConfig,
  kayentaCanarySchema,
  type RunCanaryIntervalsConfig,
  runCanaryIntervalsSchema,
} from './kayenta-canary.schema.js';

export const kayentaCanaryStage = defineStage<KayentaCanaryConfig>({
  type: 'kayentaCanary',
  label: 'Canary analysis',
  description:
    'Compares a canary with its baseline by their metrics, again and again, and stops when the canary is bad.',
  schema: kayentaCanarySchema,
  tasks: [{ name: 'aggregateCanaryResults', run: aggregateCanaryResults }],
  before: planCanary,
  after: cleanUp,
  onFailure: cleanUp,
  cleanUp: removeDeployed,
});

export const runCanaryIntervalsStage = defineStage<RunCanaryIntervalsConfig>({
  type: 'runCanaryIntervals',
  label: 'Run canary intervals',
  description: 'The waits and judgements of a canary analysis. Part of "Canary analysis".',
  schema: runCanaryIntervalsSchema,
  tasks: [],
  before: intervalDrafts,
});

/** Deploys first if asked to. What is wrong with times and scopes shows before anything is deployed. */
function planCanary({ config, stage, now }: StageInput<KayentaCanaryConfig>): StageDraft[] {
  judgementPlanOf(config.canaryConfig, now);
  const { deployments, continuePipeline } = config;
  const context = {
    canaryConfig: stage.context['canaryConfig'],
    ...(continuePipeline != null && { continuePipeline }),
  };
  if (deployments == null) return [{ type: 'runCanaryIntervals', name: 'Run Canary Intervals', context }];
  return [
    {
      type: 'deployCanaryServerGroups',
      name: 'Deploy Canary Server Groups',
      context: { deployments: stage.context['deployments'] },
    },
    {
      type: 'runCanaryIntervals',
      name: 'Run Canary Intervals',
      context: { ...context, deployed: true },
      requires: [0],
    },
  ];
}

function cleanUp({ config, stage, execution }: StageInput<KayentaCanaryConfig>): StageDraft[] {
  if (config.deployments == null || deployedIn(descendantsOf(execution, stage.id)).length === 0) return [];
  return [
    {
      type: 'cleanupCanaryClusters',
      name: 'Cleanup Canary Clusters',
      context: { deployments: stage.context['deployments'], continuePipeline: true, failPipeline: false },
    },
  ];
}

/** A stage that is cancelled runs no further stages, so what it has deployed is taken away from here. */
async function removeDeployed({
  config,
  stage,
  execution,
  ports,
  workItemId,
}: CleanUpInput<KayentaCanaryConfig>) {
  if (config.deployments == null || !execution.canceled) return {};
  const drafts = cleanupDrafts(deployedIn(descendantsOf(execution, stage.id)), 0);
  for (const [i, { type, context }] of drafts.filter(({ type }) => type === 'deleteManifest').entries()) {
    await ports.operations.request({
      id: `${workItemId}-${i}`,
      kind: type,
      application: execution.application,
      account: String(context['account']),
      description: context,
      user: execution.canceledBy ?? 'anonymous',
      executionId: execution.id,
      stageId: stage.id,
    });
  }
  return {};
}

/** The judgements in the order in which they were made, not in that of their names' letters. */
function judgementsOf(stages: StageState[]): StageState[] {
  const numberOf = ({ name }: StageState) => Number(/#(\d+)$/.exec(name)?.[1] ?? 0);
  return stages.filter(({ type }) => type === 'runCanary').sort((a, b) => numberOf(a) - numberOf(b));
}

/** The last score decides: every earlier one had to exceed the marginal threshold for the run to go on. */
export function aggregateCanaryResults({
  execution,
  stage,
  config,
  now,
}: TaskInput<KayentaCanaryConfig>): TaskResult {
  const intervals = childrenOf(execution, stage.id).filter(({ type }) => type === 'runCanaryIntervals');
  const runs = judgementsOf(intervals.flatMap(({ id }) => childrenOf(execution, id)));
  if (runs.length === 0) throw new GennakerError('stages.no_judgements', 'No runCanary stages were found.');
  const canaryScores = runs.flatMap(({ context }) =>
    typeof context['canaryScore'] === 'number' ? [context['canaryScore']] : [],
  );
  const { passed, message } = aggregateScores(canaryScores.at(-1), config.canaryConfig.scoreThresholds);
  const found = { canaryScores, canaryScoreMessage: message };
  if (passed) return { status: 'SUCCEEDED', context: found, outputs: found };
  return {
    status: 'TERMINAL',
    context: found,
    outputs: found,
    exception: exceptionOf([message], { operation: 'aggregateCanaryResults', now, type: 'CanaryFailed' }),
  };
}
