import type { NewStage } from './execution-events.js';
import type { StageState } from './execution-state.js';

/** A stage that has not begun. */
export function toStage(stage: NewStage): StageState {
  const { context, ...rest } = stage;
  return {
    ...rest,
    status: 'NOT_STARTED',
    config: context,
    context,
    outputs: {},
    tasks: [],
    attempt: 1,
    pastAttempts: [],
    afterPlanned: false,
    failurePlanned: false,
    planningFailed: false,
  };
}
