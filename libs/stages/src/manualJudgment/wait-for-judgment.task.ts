import { judgmentsOf } from '@gennaker/execution';
import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { ManualJudgmentConfig } from './manual-judgment.schema.js';

/** Waits for people. Nothing runs meanwhile: the answer itself wakes the task. One "stop" is enough to stop. */
export function waitForJudgment({ config, stage, now }: TaskInput<ManualJudgmentConfig>): TaskResult {
  const judgments = judgmentsOf(stage);
  const answers =
    judgments.length > 0
      ? judgments
      : [{ user: '', judgmentStatus: config.judgmentStatus?.toLowerCase() ?? '' }];
  const stop = answers.find(({ judgmentStatus }) => judgmentStatus === 'stop');
  if (stop !== undefined) {
    const by = stop.user === '' ? '' : ` by ${stop.user}`;
    return {
      status: 'TERMINAL',
      exception: exceptionOf([`The judgment${by} was to stop`], {
        operation: 'waitForJudgment',
        now,
        type: 'JudgedToStop',
      }),
    };
  }
  const approvals = answers.filter(({ judgmentStatus }) => judgmentStatus === 'continue').length;
  return approvals >= config.requiredApprovals ? { status: 'SUCCEEDED' } : { status: 'RUNNING' };
}
