import { defineStage } from '../stage-definition.js';
import { manualJudgmentSchema } from './manual-judgment.schema.js';
import { waitForJudgment } from './wait-for-judgment.task.js';

const THREE_DAYS_MS = 3 * 24 * 3_600_000;

export const manualJudgmentStage = defineStage({
  type: 'manualJudgment',
  label: 'Manual judgment',
  description: 'Waits until a person says whether to go on.',
  schema: manualJudgmentSchema,
  tasks: [{ name: 'waitForJudgment', run: waitForJudgment, timeoutMs: THREE_DAYS_MS }],
});
