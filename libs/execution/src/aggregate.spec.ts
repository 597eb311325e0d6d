import { SequentialIds } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import { executionStatus, failureStatus, stageStatus } from './aggregate.js';
import { evolve } from './evolve.js';
import type { ExecutionState, StageState } from './execution-state.js';
import type { ExecutionStatus } from './status.js';
import { submitExecution } from './submission.js';
import { toStage } from './to-stage.js';

function execution(stages: object[]): ExecutionState {
  const event = submitExecution(
    { application: 'a', name: 'p', stages: stages.map((stage) => ({ type: 'noop', ...stage })) },
    {
      type: 'PIPELINE',
      now: 0,
      ids: new SequentialIds(),
      authentication: { user: 'ann', allowedAccounts: [] },
      origin: 'api',
    },
  );
  const state = evolve(undefined, event);
  const marked = Object.values(state.stages).map((stage) => ({
    ...stage,
    status: (stage.context['is'] ?? 'NOT_STARTED') as ExecutionStatus,
  }));
  return {
    ...state,
    status: 'RUNNING',
    stages: Object.fromEntries(marked.map((stage) => [stage.id, stage])),
  };
}

const task = (status: ExecutionStatus, index: number) => ({
  id: String(index + 1),
  name: 't',
  implementingClass: 't',
  status,
  stageStart: false,
  stageEnd: false,
  loopStart: false,
  loopEnd: false,
  taskExceptionDetails: {},
  runs: 1,
});

describe('the meaning of a failure', () => {
  it.each([
    [{}, 'TERMINAL'],
    [{ failPipeline: true }, 'TERMINAL'],
    [{ failPipeline: null }, 'TERMINAL'],
    [{ failPipeline: false }, 'STOPPED'],
    [{ failPipeline: 'false' }, 'STOPPED'],
    [{ failPipeline: false, continuePipeline: true }, 'FAILED_CONTINUE'],
    [{ continuePipeline: 'true' }, 'FAILED_CONTINUE'],
  ])('with %j is %s', (context, expected) => {
    expect(failureStatus({ context } as StageState)).toBe(expected);
  });
});

describe('the status of a stage', () => {
  it.each<[ExecutionStatus[], object, ExecutionStatus]>([
    [[], {}, 'NOT_STARTED'],
    [['SUCCEEDED'], {}, 'SUCCEEDED'],
    [['SUCCEEDED', 'SKIPPED'], {}, 'SUCCEEDED'],
    [['SUCCEEDED', 'TERMINAL', 'CANCELED'], {}, 'TERMINAL'],
    [['TERMINAL', 'STOPPED'], { failPipeline: false }, 'STOPPED'],
    [['TERMINAL'], { continuePipeline: true }, 'FAILED_CONTINUE'],
    [['STOPPED', 'CANCELED', 'FAILED_CONTINUE'], {}, 'STOPPED'],
    [['CANCELED', 'FAILED_CONTINUE', 'SUCCEEDED'], {}, 'CANCELED'],
    [['FAILED_CONTINUE', 'SUCCEEDED'], {}, 'FAILED_CONTINUE'],
    [['FAILED_CONTINUE', 'RUNNING'], {}, 'FAILED_CONTINUE'],
    [['SUCCEEDED', 'RUNNING'], {}, 'RUNNING'],
    [['SUCCEEDED', 'NOT_STARTED'], {}, 'RUNNING'],
  ])('whose tasks are %j, with %j, is %s', (tasks, context, expected) => {
    const state = execution([{ refId: '1', ...context }]);
    const [stage] = Object.values(state.stages);
    expect(stageStatus(state, { ...stage!, tasks: tasks.map(task) })).toBe(expected);
  });

  it('counts synthetic stages like tasks, and a failed plan like a failure', () => {
    const state = execution([{ refId: '1' }]);
    const [stage] = Object.values(state.stages);
    const child: StageState = {
      ...toStage({
        id: 'child',
        refId: '1<1',
        requisiteStageRefIds: [],
        type: 'noop',
        name: 'n',
        context: {},
        parentStageId: stage!.id,
        syntheticStageOwner: 'STAGE_BEFORE',
      }),
      status: 'CANCELED',
    };
    const withChild = {
      ...state,
      stages: { ...state.stages, child },
      stageOrder: [...state.stageOrder, 'child'],
    };
    expect(stageStatus(withChild, { ...stage!, tasks: [task('SUCCEEDED', 0)] })).toBe('CANCELED');
    expect(stageStatus(state, { ...stage!, planningFailed: true })).toBe('TERMINAL');
  });
});

describe('the status of an execution', () => {
  it.each<[object[], ExecutionStatus]>([
    [[{ is: 'SUCCEEDED' }, { is: 'SKIPPED' }, { is: 'FAILED_CONTINUE' }], 'SUCCEEDED'],
    [[{ is: 'TERMINAL' }, { is: 'RUNNING' }, { is: 'CANCELED' }], 'TERMINAL'],
    [[{ is: 'CANCELED' }, { is: 'RUNNING' }], 'CANCELED'],
    [[{ is: 'STOPPED' }, { is: 'RUNNING' }], 'RUNNING'],
    [[{ is: 'STOPPED' }, { is: 'SUCCEEDED' }], 'SUCCEEDED'],
    [[{ is: 'STOPPED', completeOtherBranchesThenFail: true }, { is: 'SUCCEEDED' }], 'TERMINAL'],
    [[{ is: 'SUCCEEDED' }, { is: 'RUNNING' }], 'RUNNING'],
  ])('whose stages are %j is %s', (stages, expected) => {
    const parallel = stages.map((stage, index) => ({
      refId: String(index),
      requisiteStageRefIds: [],
      ...stage,
    }));
    expect(executionStatus(execution(parallel))).toBe(expected);
  });

  it('waits for a branch that is about to start, and not for one behind a stopped stage', () => {
    const behind = { refId: '2', requisiteStageRefIds: ['1'], is: 'NOT_STARTED' };
    expect(executionStatus(execution([{ refId: '1', is: 'STOPPED' }, behind]))).toBe('SUCCEEDED');
    const next = [
      { refId: '0', is: 'STOPPED', requisiteStageRefIds: [] },
      { refId: '1', is: 'SUCCEEDED', requisiteStageRefIds: [] },
      behind,
    ];
    expect(executionStatus(execution(next))).toBe('RUNNING');
  });
});
