import { variableOutputs } from '@gennaker/expression';
import { z } from 'zod';
import { booleanLike, listOf } from '../fields.js';
import { defineStage } from '../stage-definition.js';

export const evaluateVariablesStage = defineStage({
  type: 'evaluateVariables',
  label: 'Evaluate variables',
  description: 'Gives names to the values of expressions, for the stages after it.',
  schema: z.looseObject({
    variables: listOf(
      z.looseObject({
        key: z.string().nullish(),
        value: z.unknown().optional(),
        description: z.string().nullish(),
      }),
    ),
    failOnFailedExpressions: booleanLike.nullish(),
  }),
  tasks: [
    {
      name: 'evaluateVariables',
      run: ({ config }) => ({ status: 'SUCCEEDED', outputs: variableOutputs(config.variables) }),
    },
  ],
});
