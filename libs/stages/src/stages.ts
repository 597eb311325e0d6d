import {
  checkPreconditionsStage,
  checkPreconditionStage,
} from './checkPreconditions/check-preconditions.stage.js';
import { manualJudgmentStage } from './manualJudgment/manual-judgment.stage.js';
import { noopStage } from './noop/noop.stage.js';
import type { StageDefinition } from './stage-definition.js';
import { waitStage } from './wait/wait.stage.js';

/** Every stage type of the product. A new one is a folder beside this file and a line here. */
export const STAGES: StageDefinition[] = [
  checkPreconditionsStage,
  checkPreconditionStage,
  manualJudgmentStage,
  noopStage,
  waitStage,
];
