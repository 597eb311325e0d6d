import { actingAs, childrenOf, type ExecutionState, type StageState } from '@gennaker/execution';
import { InvalidInputError } from '@gennaker/kernel';
import { exceptionOf } from '../stage-exception.js';
import type { TaskInput, TaskResult } from '../stage-definition.js';
import type { CanaryOutcome } from './canary-port.js';
import type { RunCanaryConfig } from './run-canary.schema.js';

export const CANARY_ID = 'canaryPipelineExecutionId';
const BELOW_MARGINAL = 'Canary score is not above the marginal score threshold.';

/** Finds the id of a config that the stage names. */
export async function resolveKayentaConfigId({
  config,
  execution,
  ports,
}: TaskInput<RunCanaryConfig>): Promise<TaskResult> {
  if (config.canaryConfigId != null && config.canaryConfigId !== '') return { status: 'SUCCEEDED' };
  if (config.canaryConfigName == null || config.canaryConfigName === '') {
    throw new InvalidInputError('stages.no_canary_config', [
      { path: 'canaryConfig.canaryConfigId', message: 'is required, or canaryConfigName' },
    ]);
  }
  const canaryConfigId = await ports.canaries.configIdOf(config.canaryConfigName, execution.application);
  return { status: 'SUCCEEDED', context: { canaryConfigId } };
}

/**
 * Asks for one judgement and waits until the metrics judge wakes it. A score that is not above the marginal threshold ends
 * the stage, and so the run.
 */
export async function runCanary(input: TaskInput<RunCanaryConfig>): Promise<TaskResult> {
  const { ports, workItemId: id, config, execution, stage } = input;
  const outcome = await ports.canaries.find(id);
  if (outcome !== undefined) return conclude(input, outcome);
  await ports.canaries.request({
    id,
    application: execution.application,
    user: actingAs(execution, stage.id).user,
    executionId: execution.id,
    canaryConfigId: String(stage.context['canaryConfigId']),
    request: {
      scopes: config.scopes,
      thresholds: config.scoreThresholds,
      siteLocal: config.siteLocal,
      ...(config.judgement != null &&
        config.plannedJudgements != null && {
          run: {
            judgement: config.judgement,
            plannedJudgements: config.plannedJudgements,
            earlier: earlierCanaries(execution, stage, config.judgement),
          },
        }),
    },
    metricsAccountName: config.metricsAccountName ?? undefined,
    storageAccountName: config.storageAccountName ?? undefined,
    configurationAccountName: config.configurationAccountName ?? undefined,
  });
  return { status: 'RUNNING', context: { [CANARY_ID]: id, canaryPipelineStatus: 'RUNNING' } };
}

function conclude({ config, now }: TaskInput<RunCanaryConfig>, outcome: CanaryOutcome): TaskResult {
  if (outcome.status === 'NOT_STARTED' || outcome.status === 'RUNNING') return { status: 'RUNNING' };
  const lastUpdated = outcome.endTime ?? now;
  const found = {
    canaryPipelineStatus: outcome.status,
    lastUpdated,
    lastUpdatedIso: new Date(lastUpdated).toISOString(),
    ...(outcome.duration !== undefined && { durationString: outcome.duration }),
    ...(outcome.warnings.length > 0 && { warnings: outcome.warnings }),
    ...(outcome.metricSetPairListId !== undefined && { metricSetPairListId: outcome.metricSetPairListId }),
  };
  const { score } = outcome;
  if (outcome.status !== 'SUCCEEDED' || score === undefined) {
    const message =
      outcome.status === 'CANCELED'
        ? 'Canary execution was canceled.'
        : (outcome.error ?? 'The canary analysis failed.');
    return {
      status: 'TERMINAL',
      context: found,
      exception: exceptionOf([message], { operation: 'runCanary', now, type: 'CanaryFailed' }),
    };
  }
  const outputs = { ...found, canaryScore: score, judgeResult: outcome.judgeResult };
  const { marginal } = config.scoreThresholds;
  if (marginal === undefined || score > marginal) return { status: 'SUCCEEDED', context: outputs, outputs };
  return {
    status: config.continuePipeline === true ? 'FAILED_CONTINUE' : 'TERMINAL',
    context: { ...outputs, canaryScoreMessage: BELOW_MARGINAL },
    outputs: { ...outputs, canaryScoreMessage: BELOW_MARGINAL },
    exception: exceptionOf([BELOW_MARGINAL], { operation: 'runCanary', now, type: 'CanaryFailed' }),
  };
}

/** The analyses of the judgements before this one, oldest first. */
function earlierCanaries(execution: ExecutionState, stage: StageState, judgement: number): string[] {
  if (stage.parentStageId === undefined) return [];
  return childrenOf(execution, stage.parentStageId)
    .filter(({ type, context }) => type === 'runCanary' && Number(context['judgement']) < judgement)
    .sort((a, b) => Number(a.context['judgement']) - Number(b.context['judgement']))
    .flatMap(({ context }) => (typeof context[CANARY_ID] === 'string' ? [context[CANARY_ID]] : []));
}
