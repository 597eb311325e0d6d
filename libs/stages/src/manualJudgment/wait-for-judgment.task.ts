import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { ManualJudgmentConfig } from './manual-judgment.schema.js';

/** Waits for a person. Nothing runs meanwhile: the answer itself wakes the task. */
export function waitForJudgment({ config, now }: TaskInput<ManualJudgmentConfig>): TaskResult {
  switch (config.judgmentStatus?.toLowerCase()) {
    case 'continue':
      return { status: 'SUCCEEDED' };
    case 'stop':
      return {
        status: 'TERMINAL',
        exception: exceptionOf(['The judgment was to stop'], {
          operation: 'waitForJudgment',
          now,
          type: 'JudgedToStop',
        }),
      };
    default:
      return { status: 'RUNNING' };
  }
}
