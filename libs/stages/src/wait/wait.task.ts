import type { TaskInput, TaskResult } from '../stage-definition.js';
import type { WaitConfig } from './wait.schema.js';

/** Sleeps in one go: the next run is at the end of the wait, or when the stage is told to skip it. */
export function wait({ config, stage, startedAt, now }: TaskInput<WaitConfig>): TaskResult {
  if (config.skipRemainingWait === true) return { status: 'SUCCEEDED' };
  const end = (stage.startTime ?? startedAt) + config.waitTime * 1_000;
  return now >= end ? { status: 'SUCCEEDED' } : { status: 'RUNNING', wakeAt: end };
}
