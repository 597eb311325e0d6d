import { Duration } from '@js-joda/core';
import { type CanaryExecution, isEndedCanary } from './canary-execution.js';

/** An analysis in the shape of Kayenta's status response; the same is what its archive shows. */
export function canaryStatusView(execution: CanaryExecution): Record<string, unknown> {
  const { requested, status, exception, judgeResult } = execution;
  return {
    application: requested.application,
    parentPipelineExecutionId: requested.parentPipelineExecutionId,
    pipelineId: requested.id,
    stageStatus: stageStatus(execution),
    complete: isEndedCanary(execution),
    status: status.toLowerCase(),
    exception,
    result: judgeResult && { judgeResult, canaryDuration: canaryDurationOf(execution) },
    config: requested.config,
    canaryConfigId: requested.canaryConfigId,
    canaryExecutionRequest: requested.request,
    metricSetPairListId: execution.metricSetPairListId,
    ...times('buildTime', execution.buildTime),
    ...times('startTime', execution.startTime),
    ...times('endTime', execution.endTime),
    storageAccountName: requested.storageAccountName,
    metricsAccountName: requested.metricsAccountName,
    configurationAccountName: requested.configurationAccountName,
  };
}

export function times(name: string, at: number | undefined): Record<string, unknown> {
  return at === undefined ? {} : { [`${name}Millis`]: at, [`${name}Iso`]: new Date(at).toISOString() };
}

/** The steps that Kayenta's pipeline for one analysis has, by their ref ids. */
function stageStatus(execution: CanaryExecution): Record<string, string> {
  const metrics = execution.requested.config.metrics?.length ?? 0;
  const ended = isEndedCanary(execution);
  const failed = execution.status.toLowerCase();
  const mixed = execution.metricSetPairListId !== undefined;
  const started = execution.startTime !== undefined;
  const of = (done: boolean, running: boolean) =>
    done ? 'succeeded' : running ? (ended ? failed : 'running') : 'not_started';
  const fetches = Array.from({ length: metrics }, (_, i) => i).flatMap((i) => [
    [`fetchControl${i}`, of(mixed, started)],
    [`fetchExperiment${i}`, of(mixed, started)],
  ]);
  return {
    setupContext: of(started, false),
    ...Object.fromEntries(fetches),
    mixMetrics: of(mixed, false),
    judge: of(execution.judgeResult !== undefined, mixed),
  };
}

/** The length of the windows as an ISO-8601 duration, if all are equally long. */
export function canaryDurationOf({ requested }: CanaryExecution): string | undefined {
  const scopes = Object.values(requested.request.scopes ?? {}).flatMap(
    ({ controlScope, experimentScope }) => [controlScope, experimentScope],
  );
  const lengths = new Set(
    scopes.map((scope) =>
      scope?.start && scope.end ? Date.parse(scope.end) - Date.parse(scope.start) : undefined,
    ),
  );
  const [only] = lengths;
  return lengths.size === 1 && only !== undefined ? Duration.ofMillis(only).toString() : undefined;
}

const FEW_POINTS = 50;

/** Datadog rolls up, so few points are normal there. */
export function warningsOf(execution: CanaryExecution): string[] {
  const few = execution.judgeResult?.results.some(
    (result) => result.controlMetadata.stats.count < FEW_POINTS,
  );
  return few === true && execution.requested.config.metrics?.[0]?.query?.type !== 'datadog'
    ? [
        'One of the metrics returned fewer than 50 data points, which can reduce confidence in the final canary score.',
      ]
    : [];
}
