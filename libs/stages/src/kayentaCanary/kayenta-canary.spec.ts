import {
  evolve,
  type ExecutionState,
  type StageDraft,
  StageContext,
  type StageState,
  submitExecution,
} from '@gennaker/execution';
import { type JsonObject, SequentialIds } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import type { StagePorts } from '../ports.js';
import type { CanaryCommand, CanaryOutcome } from '../runCanary/canary-port.js';
import { runCanaryStage } from '../runCanary/run-canary.stage.js';
import { cleanupDrafts, deployedIn } from '../cleanupCanaryClusters/cleanup-drafts.js';
import { deployCanaryServerGroupsStage } from '../deployCanaryServerGroups/deploy-canary-server-groups.stage.js';
import { runTask } from '../run-task.js';
import type { StageDefinition } from '../stage-definition.js';
import aggregation from './__fixtures__/kayenta-aggregation.json' with { type: 'json' };
import intervals from './__fixtures__/kayenta-intervals.json' with { type: 'json' };
import { kayentaCanaryStage, runCanaryIntervalsStage } from './kayenta-canary.stage.js';

const NOW = Date.parse('2018-02-15T20:00:00Z');
const MINUTE = 60_000;

/** An execution of one stage, with stages below it as if they had run. */
function executionOf(context: JsonObject, below: Partial<StageState>[] = []): ExecutionState {
  const event = submitExecution(
    { application: 'app', name: 'p', stages: [{ refId: '1', type: 'kayentaCanary', ...context }] },
    {
      type: 'PIPELINE',
      now: NOW,
      ids: new SequentialIds(),
      authentication: { user: 'ann', allowedAccounts: [] },
      origin: 'api',
    },
  );
  const state = evolve(undefined, event);
  const top = Object.values(state.stages)[0]!;
  const stages = { ...state.stages };
  below.forEach((stage, i) => {
    const id = stage.id ?? `below-${i}`;
    stages[id] = {
      ...top,
      outputs: {},
      ...stage,
      id,
      refId: id,
      parentStageId: stage.parentStageId ?? top.id,
    };
  });
  return { ...state, stages, stageOrder: Object.keys(stages) };
}

function inputOf(
  definition: StageDefinition,
  execution: ExecutionState,
  stage = Object.values(execution.stages)[0]!,
) {
  return {
    execution,
    stage,
    config: definition.schema.parse(stage.context),
    context: new StageContext(execution, stage.id),
    now: NOW,
  };
}

const scope = {
  scopeName: 'default',
  controlScope: 'base',
  controlLocation: 'eu',
  experimentScope: 'canary',
  experimentLocation: 'eu',
};

describe('the judgements of a canary stage', () => {
  interface Case {
    id: string;
    kind: string;
    input: Record<string, unknown> & { scope?: { startOffsetMins: number; endOffsetMins: number } };
    expected: {
      controlRangesMins: number[][];
      experimentRangesMins?: number[][];
      warmupWaitSeconds?: number | null;
      intervalWaitSeconds?: number;
      stageTypes: string[];
      step?: number;
      throws?: string;
    };
  }
  const cases = intervals.cases as unknown as Case[];

  function draftsOf({ input }: Case): StageDraft[] {
    const { scope: times, nowIso: _now, scopes, ...canaryConfig } = input;
    const iso = (mins: number) => new Date(NOW + mins * MINUTE).toISOString();
    const timed =
      times === undefined
        ? scope
        : { ...scope, startTimeIso: iso(times.startOffsetMins), endTimeIso: iso(times.endOffsetMins) };
    const config = {
      canaryConfigId: 'c',
      scoreThresholds: { pass: '75', marginal: '50' },
      ...canaryConfig,
      scopes: scopes ?? [timed],
    };
    return runCanaryIntervalsStage.before!(
      inputOf(runCanaryIntervalsStage, executionOf({ canaryConfig: config })),
    );
  }

  const minutesOf = (draft: StageDraft, side: string) => {
    const range = (
      draft.context['scopes'] as Record<string, Record<string, { start: string; end: string; step: number }>>
    )['default']![side]!;
    return [range.start, range.end].map((at) => (Date.parse(at) - NOW) / MINUTE);
  };

  it.each(cases)('are those of Orca: $id', (testCase) => {
    const { expected } = testCase;
    if (expected.throws !== undefined) {
      expect(() => draftsOf(testCase)).toThrow(expected.throws);
      return;
    }
    const drafts = draftsOf(testCase);
    const runs = drafts.filter((d) => d.type === 'runCanary');
    expect(drafts.map((d) => d.type)).toEqual(expected.stageTypes);
    expect(runs.map((d) => minutesOf(d, 'controlScope'))).toEqual(expected.controlRangesMins);
    if (expected.experimentRangesMins) {
      expect(runs.map((d) => minutesOf(d, 'experimentScope'))).toEqual(expected.experimentRangesMins);
    }
    const warmup = drafts.find((d) => d.name === 'Warmup Wait');
    if (expected.warmupWaitSeconds !== undefined) {
      expect(warmup?.context['waitTime'] ?? null).toBe(expected.warmupWaitSeconds);
    }
    if (expected.intervalWaitSeconds !== undefined) {
      expect(drafts.find((d) => d.name === 'Interval Wait #1')?.context['waitTime']).toBe(
        expected.intervalWaitSeconds,
      );
    }
    expect(drafts.slice(1).map((d) => d.requires)).toEqual(drafts.slice(1).map((_, i) => [i]));
  });

  it('measure what the stage has deployed, in place of what the scope says', () => {
    const pair = {
      controlScope: 'web-baseline',
      controlLocation: 'prod',
      controlAccountId: 'k8s',
      experimentScope: 'web-canary',
      experimentLocation: 'prod',
      experimentAccountId: 'k8s',
    };
    const execution = executionOf({
      canaryConfig: { scopes: [{ ...scope, extendedScopeParams: { type: 'cluster' } }], lifetimeHours: '1' },
      deployed: true,
      deployedServerGroups: [pair],
    });
    const [, run] = runCanaryIntervalsStage.before!(inputOf(runCanaryIntervalsStage, execution));
    expect(run?.context['scopes']).toMatchObject({
      default: {
        controlScope: { scope: 'web-baseline', location: 'prod', step: 60 },
        experimentScope: {
          scope: 'web-canary',
          extendedScopeParams: { type: 'cluster', dataset: 'regional', accountId: 'k8s' },
        },
      },
    });
  });
});

describe('the verdict of a canary stage', () => {
  const aggregate = async (scores: number[], scoreThresholds: JsonObject, firstNumber = 1) => {
    const runs = scores.map((canaryScore, i) => ({
      type: 'runCanary',
      name: `Run Canary #${firstNumber + i}`,
      context: { canaryScore },
      parentStageId: 'intervals',
    }));
    const execution = executionOf({ canaryConfig: { scopes: [scope], scoreThresholds, lifetimeHours: 1 } }, [
      ...runs.reverse(),
      { id: 'intervals', type: 'runCanaryIntervals', context: {} },
    ]);
    return runTask(kayentaCanaryStage.tasks[0]!, {
      ...inputOf(kayentaCanaryStage, execution),
      ports: {} as StagePorts,
      startedAt: NOW,
      workItemId: 'w',
      signal: new AbortController().signal,
    });
  };
  interface Case {
    id: string;
    kind: string;
    input: { canaryScores: number[]; stage2Scores: number[]; scoreThresholds: JsonObject };
    expected: { status: string; stage2: string };
  }
  const cases = aggregation.cases as unknown as Case[];

  it.each(cases.filter((c) => c.kind === 'orcaAggregate'))(
    'is that of Orca: $id',
    async ({ input, expected }) => {
      const { status, outputs } = await aggregate(input.canaryScores, input.scoreThresholds);
      expect(status).toBe(expected.status);
      expect(outputs?.['canaryScores']).toEqual(input.canaryScores);
    },
  );

  it.each(cases.filter((c) => c.kind === 'orcaAggregateTwoStages'))(
    'orders judgements by their number: $id',
    async ({ input, expected }) => {
      const { status, outputs } = await aggregate(input.stage2Scores, input.scoreThresholds, 9);
      expect(status).toBe(expected.stage2);
      expect(outputs?.['canaryScores']).toEqual(input.stage2Scores);
    },
  );

  it('says so when nothing was judged', async () => {
    const { status, exception } = await aggregate([], {});
    expect(status).toBe('TERMINAL');
    expect(JSON.stringify(exception)).toContain('No runCanary stages were found.');
  });
});

describe('one judgement', () => {
  async function run(outcome: CanaryOutcome | undefined, context: JsonObject = {}, task = 'runCanary') {
    const commands: CanaryCommand[] = [];
    const execution = executionOf({
      canaryConfigId: 'c',
      scopes: {},
      scoreThresholds: { pass: 75, marginal: 50 },
      ...context,
    });
    const result = await runTask(
      runCanaryStage.tasks.find(({ name }) => name === task)!,
      {
        ...inputOf(runCanaryStage, execution),
        startedAt: NOW,
        workItemId: 'item-1',
        signal: new AbortController().signal,
        ports: {
          canaries: {
            find: async () => outcome,
            request: async (command: CanaryCommand) => void commands.push(command),
            configIdOf: async (name: string, application: string) => `${application}/${name}`,
          },
        } as unknown as StagePorts,
      },
    );
    return { ...result, commands };
  }
  const ended = (score: number): CanaryOutcome => ({
    status: 'SUCCEEDED',
    score,
    warnings: ['few'],
    endTime: NOW,
    duration: 'PT1H',
    judgeResult: { score: { score } },
  });

  it('is asked for once, under the key of its work item, and waits to be woken', async () => {
    const { status, commands, context, nextRunAt } = await run(undefined);
    expect(status).toBe('RUNNING');
    expect(commands).toMatchObject([
      {
        id: 'item-1',
        application: 'app',
        user: 'ann',
        canaryConfigId: 'c',
        request: { thresholds: { pass: 75, marginal: 50 } },
      },
    ]);
    expect(context).toMatchObject({ canaryPipelineExecutionId: 'item-1' });
    // Nothing but its time-out makes it run again by itself.
    expect(nextRunAt).toBe(NOW + 12 * 3_600_000);
    expect((await run({ status: 'RUNNING', warnings: [] })).commands).toEqual([]);
  });

  it('shows its result in the stage', async () => {
    expect(await run(ended(80))).toMatchObject({
      status: 'SUCCEEDED',
      outputs: {
        canaryScore: 80,
        durationString: 'PT1H',
        warnings: ['few'],
        judgeResult: { score: { score: 80 } },
      },
    });
  });

  it.each([
    [50, {}, 'TERMINAL'],
    [50, { continuePipeline: true }, 'FAILED_CONTINUE'],
    [50.5, {}, 'SUCCEEDED'],
    [0, { scoreThresholds: {} }, 'SUCCEEDED'],
  ])('with a score of %d and %j is %s', async (score, context, status) => {
    const result = await run(ended(score), context);
    expect(result.status).toBe(status);
    if (status !== 'SUCCEEDED') {
      expect(result.outputs?.['canaryScoreMessage']).toBe(
        'Canary score is not above the marginal score threshold.',
      );
    }
  });

  it.each<[CanaryOutcome, string]>([
    [{ status: 'TERMINAL', error: 'the store is down', warnings: [] }, 'the store is down'],
    [{ status: 'CANCELED', warnings: [] }, 'Canary execution was canceled.'],
  ])('ends in words: %j', async (outcome, words) => {
    expect(await run(outcome)).toMatchObject({
      status: 'TERMINAL',
      exception: { details: { error: words } },
    });
  });

  it('finds its config by name', async () => {
    const { context } = await run(
      undefined,
      { canaryConfigId: '', canaryConfigName: 'mine' },
      'resolveKayentaConfigId',
    );
    expect(context).toEqual({ canaryConfigId: 'app/mine' });
    const none = await run(undefined, { canaryConfigId: null }, 'resolveKayentaConfigId');
    expect(JSON.stringify(none.exception)).toContain(
      'canaryConfig.canaryConfigId: is required, or canaryConfigName',
    );
  });
});

describe('deploying and cleaning up', () => {
  const deployment = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'prod' },
  });
  const side = (name: string) => ({
    cloudProvider: 'kubernetes',
    account: 'k8s',
    manifests: [deployment(name)],
  });
  const deployments = {
    serverGroupPairs: [{ control: side('web-baseline'), experiment: side('web-canary') }],
  };
  const deployed = ['control', 'experiment'].map((canarySide) => ({
    id: `deploy-${canarySide}`,
    type: 'deployManifest',
    parentStageId: 'deploy',
    context: {
      account: 'k8s',
      canarySide,
      canaryPair: 0,
      'outputs.manifests': [
        { kind: 'Service', metadata: { name: 's', namespace: 'prod' } },
        deployment(canarySide === 'control' ? 'web-baseline' : 'web-canary'),
      ],
    },
  }));

  it('runs before the judgements, both sides at once', () => {
    const execution = executionOf({ canaryConfig: { scopes: [scope], lifetimeHours: 1 }, deployments });
    expect(
      kayentaCanaryStage.before!(inputOf(kayentaCanaryStage, execution)).map(({ type, requires }) => [
        type,
        requires,
      ]),
    ).toEqual([
      ['deployCanaryServerGroups', undefined],
      ['runCanaryIntervals', [0]],
    ]);
    const drafts = deployCanaryServerGroupsStage.before!(
      inputOf(deployCanaryServerGroupsStage, executionOf({ deployments })),
    );
    expect(drafts.map(({ type, name, requires }) => [type, name, requires])).toEqual([
      ['deployManifest', 'Deploy control server groups', undefined],
      ['deployManifest', 'Deploy experiment server groups', undefined],
    ]);
  });

  it('refuses at once what it cannot deploy or judge', () => {
    const plan = (changes: JsonObject) => () =>
      kayentaCanaryStage.before!(
        inputOf(
          kayentaCanaryStage,
          executionOf({ canaryConfig: { scopes: [scope] }, deployments, ...changes }),
        ),
      );
    expect(plan({})).toThrow('must include either `endTime` or `lifetimeDuration`');
    expect(plan({ canaryConfig: { scopes: [], lifetimeHours: 1 } })).toThrow(
      'Canary stage configuration must contain at least one scope.',
    );
    const foreign = {
      serverGroupPairs: [{ control: { ...side('a'), cloudProvider: 'aws' }, experiment: side('b') }],
    };
    expect(() =>
      deployCanaryServerGroupsStage.before!(
        inputOf(deployCanaryServerGroupsStage, executionOf({ deployments: foreign })),
      ),
    ).toThrow("deployments.serverGroupPairs[0].control.cloudProvider: 'aws' cannot be deployed to");
  });

  it('says under which names both sides run', async () => {
    const execution = executionOf({}, [
      { id: 'deploy', type: 'deployCanaryServerGroups', context: { deployments } },
      ...deployed,
    ]);
    const stage = execution.stages['deploy']!;
    const { outputs } = await runTask(deployCanaryServerGroupsStage.tasks[0]!, {
      ...inputOf(deployCanaryServerGroupsStage, execution, stage),
      ports: {} as StagePorts,
      startedAt: NOW,
      workItemId: 'w',
      signal: new AbortController().signal,
    });
    expect(outputs).toEqual({
      deployedServerGroups: [
        {
          controlScope: 'web-baseline',
          controlLocation: 'prod',
          controlAccountId: 'k8s',
          experimentScope: 'web-canary',
          experimentLocation: 'prod',
          experimentAccountId: 'k8s',
        },
      ],
    });
  });

  it('takes everything away after success and after failure, tolerating what fails', () => {
    const execution = executionOf({ canaryConfig: { scopes: [scope], lifetimeHours: 1 }, deployments }, [
      { id: 'deploy', type: 'deployCanaryServerGroups', context: { deployments } },
      ...deployed,
    ]);
    for (const hook of ['after', 'onFailure'] as const) {
      expect(kayentaCanaryStage[hook]!(inputOf(kayentaCanaryStage, execution))).toMatchObject([
        { type: 'cleanupCanaryClusters' },
      ]);
    }
    const objects = deployedIn(Object.values(execution.stages));
    expect(cleanupDrafts(objects, 0).map(({ name }) => name)).toEqual([
      'Delete service s',
      'Delete deployment web-baseline',
      'Delete service s',
      'Delete deployment web-canary',
    ]);
    const slow = cleanupDrafts(objects, 60);
    expect(slow.map(({ name, requires }) => [name, requires])).toEqual([
      ['Disable deployment web-baseline', undefined],
      ['Disable deployment web-canary', undefined],
      ['Wait before cleanup', [0, 1]],
      ...['service s', 'deployment web-baseline', 'service s', 'deployment web-canary'].map((name) => [
        `Delete ${name}`,
        [2],
      ]),
    ]);
    expect(
      slow.filter(({ type }) => type !== 'wait').every(({ context }) => context['failPipeline'] === false),
    ).toBe(true);
  });

  it('cleans up nothing when nothing was deployed', () => {
    const execution = executionOf({ canaryConfig: { scopes: [scope], lifetimeHours: 1 }, deployments });
    expect(kayentaCanaryStage.onFailure!(inputOf(kayentaCanaryStage, execution))).toEqual([]);
  });
});
