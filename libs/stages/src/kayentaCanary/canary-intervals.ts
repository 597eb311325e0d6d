import { type JudgementPlan, minutesOfDuration, planJudgements, type TimeRange } from '@gennaker/canary';
import type { StageDraft } from '@gennaker/execution';
import { isObject, type JsonObject } from '@gennaker/kernel';
import type { StageInput } from '../stage-definition.js';
import type {
  CanaryStageConfig,
  CanaryStageScope,
  RunCanaryIntervalsConfig,
} from './kayenta-canary.schema.js';

const DEFAULT_STEP_SECONDS = 60;

/** When a canary stage that is planned now judges; only the first scope's times count. */
export function judgementPlanOf(config: CanaryStageConfig, now: number): JudgementPlan {
  const [first] = config.scopes;
  const time = (iso: string | null | undefined) => (iso == null || iso === '' ? undefined : Date.parse(iso));
  return planJudgements({
    now,
    start: time(first?.startTimeIso),
    end: time(first?.endTimeIso),
    lifetimeMins: lifetimeOf(config),
    beginAfterMins: config.beginCanaryAnalysisAfterMins ?? 0,
    intervalMins: config.canaryAnalysisIntervalMins ?? 0,
    lookbackMins: config.lookbackMins ?? 0,
    baselineOffsetMins: config.baselineAnalysisOffsetInMins ?? 0,
  });
}

function lifetimeOf({ lifetimeDuration, lifetimeHours }: CanaryStageConfig): number | undefined {
  if (lifetimeDuration != null && lifetimeDuration !== '') {
    return minutesOfDuration(lifetimeDuration, 'canaryConfig.lifetimeDuration');
  }
  return lifetimeHours == null ? undefined : Math.floor(lifetimeHours * 60);
}

/** The waits and judgements of a run, one after the other. */
export function intervalDrafts(input: StageInput<RunCanaryIntervalsConfig>): StageDraft[] {
  const { config, now } = input;
  const { canaryConfig } = config;
  const plan = judgementPlanOf(canaryConfig, now);
  const scopes = canaryConfig.scopes.map((scope) => withDeployed(scope, deployedPairOf(input)));
  const drafts: StageDraft[] = [];
  const add = (draft: StageDraft) => {
    const before = drafts.length - 1;
    drafts.push(before < 0 ? draft : { ...draft, requires: [before] });
  };
  const wait = (name: string, seconds: number) => add({ type: 'wait', name, context: { waitTime: seconds } });
  if (plan.warmupSeconds !== undefined) wait('Warmup Wait', plan.warmupSeconds);
  for (const [i, { control, experiment }] of plan.judgements.entries()) {
    const number = i + 1;
    if (plan.intervalSeconds !== undefined) wait(`Interval Wait #${number}`, plan.intervalSeconds);
    const { metricsAccountName, storageAccountName, configurationAccountName } = canaryConfig;
    add({
      type: 'runCanary',
      name: `Run Canary #${number}`,
      context: {
        ...given({ metricsAccountName, storageAccountName, configurationAccountName }),
        ...given({
          canaryConfigId: canaryConfig.canaryConfigId,
          canaryConfigName: canaryConfig.canaryConfigName,
        }),
        ...given({ siteLocal: canaryConfig.siteLocal, continuePipeline: config.continuePipeline }),
        scopes: Object.fromEntries(
          scopes.map((scope) => [scope.scopeName ?? 'default', scopePair(scope, control, experiment)]),
        ),
        scoreThresholds: canaryConfig.scoreThresholds,
        judgement: number,
        plannedJudgements: plan.judgements.length,
      },
    });
  }
  return drafts;
}

function given(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null));
}

function scopePair(scope: CanaryStageScope, control: TimeRange, experiment: TimeRange): JsonObject {
  const side = (name: string | null | undefined, location: string | null | undefined, range: TimeRange) => ({
    ...given({ scope: name, location }),
    start: new Date(range.start).toISOString(),
    end: new Date(range.end).toISOString(),
    step: scope.step ?? DEFAULT_STEP_SECONDS,
    extendedScopeParams: scope.extendedScopeParams ?? {},
  });
  return {
    controlScope: side(scope.controlScope, scope.controlLocation, control),
    experimentScope: side(scope.experimentScope, scope.experimentLocation, experiment),
  };
}

/** The first pair that the stage has deployed itself. */
function deployedPairOf({ config, context }: StageInput<RunCanaryIntervalsConfig>): JsonObject | undefined {
  if (config.deployed !== true) return undefined;
  const groups = context.get('deployedServerGroups');
  const [first] = Array.isArray(groups) ? (groups as unknown[]) : [];
  return isObject(first) ? first : undefined;
}

/** What was deployed takes the place of what the scope says. */
function withDeployed(scope: CanaryStageScope, pair: JsonObject | undefined): CanaryStageScope {
  if (pair === undefined) return scope;
  const text = (key: string) => String(pair[key]);
  return {
    ...scope,
    controlScope: text('controlScope'),
    controlLocation: text('controlLocation'),
    experimentScope: text('experimentScope'),
    experimentLocation: text('experimentLocation'),
    extendedScopeParams: {
      type: 'asg',
      dataset: 'regional',
      ...scope.extendedScopeParams,
      accountId: text('experimentAccountId'),
    },
  };
}
