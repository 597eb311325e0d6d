import {
  aggregateScores,
  type CanaryExecution,
  canaryStatusView,
  type StandaloneAnalysis,
  standalonePlan,
  times,
  warningsOf,
} from '@gennaker/canary';

/** A run of judgements in the shape of Kayenta's status response. */
export function standaloneView(
  run: StandaloneAnalysis,
  judgements: CanaryExecution[],
): Record<string, unknown> {
  const { requested, status } = run;
  const complete = run.endedAt !== undefined;
  const last = judgements.filter((judgement) => judgement.judgeResult !== undefined).at(-1);
  const { passed, message } = aggregateScores(
    last?.judgeResult?.score.score,
    requested.request.thresholds ?? {},
  );
  const warned = judgements.some((judgement) => warningsOf(judgement).length > 0);
  return {
    application: requested.application,
    user: requested.user,
    parentPipelineExecutionId: requested.parentPipelineExecutionId,
    pipelineId: requested.id,
    stageStatus: stagesOf(run),
    complete,
    executionStatus: status,
    status: status.toLowerCase(),
    exception: run.exception,
    canaryAnalysisExecutionResult: complete
      ? {
          didPassThresholds: passed,
          hasWarnings: warned,
          canaryScoreMessage: message,
          canaryScores: judgements.flatMap(({ judgeResult }) =>
            judgeResult === undefined ? [] : [judgeResult.score.score],
          ),
          canaryExecutionResults: judgements.map((judgement) => resultOf(judgement)),
          ...times('buildTime', run.requestedAt),
          ...times('startTime', run.requestedAt),
          ...times('endTime', run.endedAt),
        }
      : undefined,
    canaryAnalysisExecutionRequest: requested.request,
    canaryConfig: requested.config,
    canaryConfigId: requested.canaryConfigId,
    ...times('buildTime', run.requestedAt),
    ...times('startTime', run.requestedAt),
    ...times('endTime', run.endedAt),
    storageAccountName: requested.storageAccountName,
    metricsAccountName: requested.metricsAccountName,
  };
}

function stagesOf(run: StandaloneAnalysis): Record<string, unknown>[] {
  const plan = standalonePlan(run.requested.request, run.requestedAt);
  const complete = run.endedAt !== undefined;
  const state = complete ? run.status.toLowerCase() : 'running';
  return [
    { type: 'setupAndExecuteCanariesStage', name: 'Setup and Execute Canaries', status: state },
    ...plan.judgements.map((_, i) => {
      const judgement = run.judgements[i];
      const status = judgement === undefined ? 'not_started' : (judgement.status ?? 'RUNNING').toLowerCase();
      return { type: 'runCanary', name: `Run Canary #${i + 1}`, status, executionId: judgement?.canaryId };
    }),
    {
      type: 'generateCanaryAnalysisResultStage',
      name: 'Generate Canary Analysis Result',
      status: complete ? 'succeeded' : 'not_started',
    },
  ];
}

function resultOf(execution: CanaryExecution): Record<string, unknown> {
  const view = canaryStatusView(execution);
  const [scope] = Object.values(execution.requested.request.scopes ?? {});
  const at = (time: string | null | undefined) => (time == null ? undefined : Date.parse(time));
  return {
    executionId: execution.requested.id,
    executionStatus: execution.status,
    exception: execution.exception,
    result: view['result'],
    ...times('judgementStartTime', at(scope?.controlScope?.start)),
    ...times('judgementEndTime', at(scope?.controlScope?.end)),
    warnings: warningsOf(execution),
    metricSetPairListId: execution.metricSetPairListId,
    ...times('buildTime', execution.buildTime),
    ...times('startTime', execution.startTime),
    ...times('endTime', execution.endTime),
    storageAccountName: execution.requested.storageAccountName,
  };
}
