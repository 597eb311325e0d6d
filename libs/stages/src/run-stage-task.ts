import { type ExecutionState, isTrue, type StageState, type TaskState } from '@gennaker/execution';
import type { StagePorts } from './ports.js';
import { runTask, type TaskRun } from './run-task.js';
import type { TaskDefinition, TaskInput } from './stage-definition.js';
import { toException } from './stage-exception.js';
import type { RegistryPlanner } from './stage-planner.js';

export interface StageTaskRun {
  state: ExecutionState;
  stage: StageState;
  task: TaskState;
  workItemId: string;
  /** Milliseconds since the Unix epoch. */
  now: number;
  ports: StagePorts;
  signal: AbortSignal;
  /** See {@link TaskInput}. */
  isRepeated?: boolean;
  heldSince?: NonNullable<TaskInput['heldSince']>;
}

/** Runs one task of a stage once, as its definition says. Throws only when the signal has aborted. */
export async function runStageTask(planner: RegistryPlanner, run: StageTaskRun): Promise<TaskRun> {
  const { state, stage, task, now, signal } = run;
  try {
    const definition = planner.definitionOf(state, stage.id);
    const input: TaskInput = {
      ...planner.input(state, stage.id, definition, now),
      ports: run.ports,
      startedAt: task.startTime ?? now,
      workItemId: run.workItemId,
      signal,
      ...(run.isRepeated === true && { isRepeated: true }),
      ...(run.heldSince && { heldSince: run.heldSince }),
    };
    return handedDown(stage, asJson(await runTask(taskNamed(definition.tasks, task.name), input)));
  } catch (error) {
    if (signal.aborted) throw error;
    return { status: 'TERMINAL', exception: toException(error, { operation: task.name, now }) };
  }
}

function taskNamed(tasks: TaskDefinition[], name: string): TaskDefinition {
  const task = tasks.find((candidate) => candidate.name === name);
  if (task === undefined) throw new Error(`no task ${name}: it was planned by another version`);
  return task;
}

/**
 * A stage that says `noOutput` leaves nothing to those after it; its own context keeps what it has found. No stage hands
 * down its own time-out.
 */
function handedDown({ context }: StageState, run: TaskRun): TaskRun {
  const { outputs, ...rest } = run;
  if (outputs === undefined || isTrue(context['noOutput'])) return rest;
  const { stageTimeoutMs: _limit, ...given } = outputs;
  return { ...rest, outputs: given };
}

/** What a task gives, as it will be read back: an event must fold to the same state now and for ever. */
function asJson(run: TaskRun): TaskRun {
  return JSON.parse(JSON.stringify(run)) as TaskRun;
}
