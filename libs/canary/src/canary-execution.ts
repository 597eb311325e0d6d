import type { CanaryConfig } from './canary-config.schema.js';
import type { CanaryExecutionRequest } from './execution-request.schema.js';
import type { JudgeResult } from './judge-result.js';

/** The events of a canary analysis. Its stream is `canary-<id>`. */
export type CanaryEvent =
  | { type: 'CanaryRequested'; data: CanaryRequested }
  | { type: 'CanaryStarted'; data: Record<string, never> }
  | { type: 'CanaryMetricsMixed'; data: { metricSetPairListId: string } }
  | { type: 'CanaryJudged'; data: { judgeResult: JudgeResult } }
  | { type: 'CanaryFailed'; data: { exception: CanaryException } }
  | { type: 'CanaryCancelRequested'; data: { by: string; reason?: string } }
  | { type: 'CanaryCanceled'; data: Record<string, never> };

export interface CanaryRequested {
  id: string;
  application: string;
  user: string;
  parentPipelineExecutionId?: string;
  /** The configuration of the pipeline that asks. */
  pipelineConfigId?: string;
  /** Absent for a config that came with the request. */
  canaryConfigId?: string;
  /** As it was when the analysis was asked for; templates escaped. */
  config: CanaryConfig;
  request: CanaryExecutionRequest;
  metricsAccountName?: string;
  storageAccountName?: string;
  configurationAccountName?: string;
  /** The work item to wake when the analysis ends. */
  replyTo?: string;
}

/** Why an analysis failed, in the shape of an orchestration stage's exception. */
export interface CanaryException {
  timestamp: number;
  exceptionType: string;
  operation: string;
  details: { error: string; errors: string[]; stackTrace?: string };
  shouldRetry: boolean;
}

export type CanaryStatus = 'NOT_STARTED' | 'RUNNING' | 'SUCCEEDED' | 'TERMINAL' | 'CANCELED';

/** Statuses as clients spell them, in any case; one that there is not finds nothing. */
export function canaryStatusesOf(spelled: readonly string[]): CanaryStatus[] {
  return spelled.map((status) => status.toUpperCase() as CanaryStatus);
}

/** A canary analysis as its events tell it. Times are milliseconds since the Unix epoch. */
export interface CanaryExecution {
  version: number;
  requested: CanaryRequested;
  status: CanaryStatus;
  buildTime: number;
  startTime?: number;
  endTime?: number;
  metricSetPairListId?: string;
  judgeResult?: JudgeResult;
  exception?: CanaryException;
  cancelRequestedBy?: string;
}

export function canaryStream(id: string): string {
  return `canary-${id}`;
}

export function isEndedCanary({ status }: Pick<CanaryExecution, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'TERMINAL' || status === 'CANCELED';
}

/** Folds one event into an analysis; `at` is when it was recorded. */
export function evolveCanary(
  state: CanaryExecution | undefined,
  event: CanaryEvent,
  at: number,
): CanaryExecution {
  if (event.type === 'CanaryRequested') {
    return { version: 1, requested: event.data, status: 'NOT_STARTED', buildTime: at };
  }
  if (state === undefined) throw new Error(`a canary's stream begins with ${event.type}`);
  const next = { ...state, version: state.version + 1 };
  switch (event.type) {
    case 'CanaryStarted':
      return { ...next, status: 'RUNNING', startTime: state.startTime ?? at };
    case 'CanaryMetricsMixed':
      return { ...next, metricSetPairListId: event.data.metricSetPairListId };
    case 'CanaryJudged':
      return { ...next, status: 'SUCCEEDED', judgeResult: event.data.judgeResult, endTime: at };
    case 'CanaryFailed':
      return { ...next, status: 'TERMINAL', exception: event.data.exception, endTime: at };
    case 'CanaryCancelRequested':
      return { ...next, cancelRequestedBy: event.data.by };
    case 'CanaryCanceled':
      return { ...next, status: 'CANCELED', endTime: at };
  }
}
