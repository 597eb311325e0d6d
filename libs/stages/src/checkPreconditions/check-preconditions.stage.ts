import { defineStage } from '../stage-definition.js';
import { checkPrecondition } from './check-precondition.task.js';
import { checkPreconditionSchema, checkPreconditionsSchema } from './check-preconditions.schema.js';

/** Keys of the stage that every precondition sees unless it has its own. */
const HANDED_DOWN = ['cluster', 'regions', 'credentials'];

export const checkPreconditionsStage = defineStage({
  type: 'checkPreconditions',
  label: 'Check preconditions',
  description: 'Goes on only if every precondition holds; they are checked side by side.',
  schema: checkPreconditionsSchema,
  tasks: [],
  before: ({ config, stage }) =>
    config.preconditions.map((precondition) => ({
      type: 'checkPrecondition',
      name: `Check precondition (${precondition.name ?? precondition.type})`,
      context: {
        preconditionType: precondition.type,
        failPipeline: precondition.failPipeline,
        context: {
          ...Object.fromEntries(
            HANDED_DOWN.filter((key) => key in stage.context).map((key) => [key, stage.context[key]]),
          ),
          ...precondition.context,
        },
      },
    })),
});

export const checkPreconditionStage = defineStage({
  type: 'checkPrecondition',
  label: 'Check precondition',
  description: 'Checks one precondition. Part of "Check preconditions".',
  schema: checkPreconditionSchema,
  tasks: [{ name: 'checkPrecondition', run: checkPrecondition }],
});
