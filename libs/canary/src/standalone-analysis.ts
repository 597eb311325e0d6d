import type { CanaryConfig } from './canary-config.schema.js';
import type { CanaryException, CanaryStatus } from './canary-execution.js';
import type { CanaryExecutionRequest } from './execution-request.schema.js';
import { type JudgementPlan, planJudgements } from './judgement-windows.js';
import type { StandaloneAnalysisRequest } from './standalone-analysis.schema.js';

/** The events of a run of judgements without a pipeline. Its stream is `standalone-canary-<id>`. */
export type StandaloneEvent =
  | { type: 'StandaloneRequested'; data: StandaloneRequested }
  | { type: 'StandaloneJudgementAsked'; data: { judgement: number; canaryId: string } }
  | { type: 'StandaloneJudgementEnded'; data: { judgement: number; score?: number; status: CanaryStatus } }
  | { type: 'StandaloneEnded'; data: { status: CanaryStatus; exception?: CanaryException } }
  | { type: 'StandaloneCancelRequested'; data: { by: string } };

export interface StandaloneRequested {
  id: string;
  application: string;
  user: string;
  parentPipelineExecutionId?: string;
  canaryConfigId?: string;
  config: CanaryConfig;
  request: StandaloneAnalysisRequest;
  metricsAccountName?: string;
  storageAccountName?: string;
  configurationAccountName?: string;
}

export interface StandaloneJudgement {
  canaryId: string;
  status?: CanaryStatus;
  score?: number;
}

export interface StandaloneAnalysis {
  version: number;
  requested: StandaloneRequested;
  requestedAt: number;
  judgements: StandaloneJudgement[];
  status: CanaryStatus;
  endedAt?: number;
  exception?: CanaryException;
  cancelRequestedBy?: string;
}

export function standaloneStream(id: string): string {
  return `standalone-canary-${id}`;
}

export function evolveStandalone(
  state: StandaloneAnalysis | undefined,
  event: StandaloneEvent,
  at: number,
): StandaloneAnalysis {
  if (event.type === 'StandaloneRequested') {
    return { version: 1, requested: event.data, requestedAt: at, judgements: [], status: 'RUNNING' };
  }
  if (state === undefined) throw new Error(`a standalone analysis' stream begins with ${event.type}`);
  const next = { ...state, version: state.version + 1 };
  switch (event.type) {
    case 'StandaloneJudgementAsked':
      return { ...next, judgements: [...state.judgements, { canaryId: event.data.canaryId }] };
    case 'StandaloneJudgementEnded': {
      const { judgement, ...outcome } = event.data;
      return {
        ...next,
        judgements: state.judgements.map((j, i) => (i === judgement - 1 ? { ...j, ...outcome } : j)),
      };
    }
    case 'StandaloneEnded':
      return { ...next, status: event.data.status, exception: event.data.exception, endedAt: at };
    case 'StandaloneCancelRequested':
      return { ...next, cancelRequestedBy: event.data.by };
  }
}

/** When the run judges; the windows count from when it was asked for. */
export function standalonePlan(request: StandaloneAnalysisRequest, requestedAt: number): JudgementPlan {
  const [first] = request.scopes;
  return planJudgements({
    now: requestedAt,
    start: first?.startTimeIso == null ? undefined : Date.parse(first.startTimeIso),
    end: first?.endTimeIso == null ? undefined : Date.parse(first.endTimeIso),
    lifetimeMins: request.lifetimeDurationMins ?? undefined,
    beginAfterMins: request.beginAfterMins ?? 0,
    intervalMins: request.analysisIntervalMins ?? 0,
    lookbackMins: request.lookbackMins ?? 0,
    baselineOffsetMins: first?.controlOffsetInMinutes ?? 0,
  });
}

/** What judgement number `index` (from 0) of the run asks for. */
export function standaloneJudgementRequest(
  analysis: StandaloneAnalysis,
  index: number,
): CanaryExecutionRequest {
  const { request } = analysis.requested;
  const plan = standalonePlan(request, analysis.requestedAt);
  const { control, experiment } = plan.judgements[index]!;
  const iso = (at: number) => new Date(at).toISOString();
  return {
    scopes: Object.fromEntries(
      request.scopes.map((scope) => {
        const common = { step: scope.step ?? 60, extendedScopeParams: scope.extendedScopeParams };
        return [
          scope.scopeName,
          {
            controlScope: {
              ...common,
              scope: scope.controlScope,
              location: scope.controlLocation,
              start: iso(control.start),
              end: iso(control.end),
            },
            experimentScope: {
              ...common,
              scope: scope.experimentScope,
              location: scope.experimentLocation,
              start: iso(experiment.start),
              end: iso(experiment.end),
            },
          },
        ];
      }),
    ),
    thresholds: request.thresholds,
    siteLocal: request.siteLocal,
    run: {
      judgement: index + 1,
      plannedJudgements: plan.judgements.length,
      earlier: analysis.judgements.slice(0, index).map((j) => j.canaryId),
    },
  };
}
