import { z } from 'zod';
import { jsonObject } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'expressions';

const id = z.string({ error: 'must be a text' }).min(1).max(500);

const evaluationRequest = z
  .looseObject({
    expression: z
      .unknown()
      .optional()
      .describe('A text with `${…}`, an expression without it, or any JSON with expressions in its texts'),
    context: z
      .record(z.string(), z.unknown(), { error: 'must be an object' })
      .optional()
      .describe(
        'What the expressions see, instead of an execution; `execution` and `trigger` in it count as such',
      ),
    executionId: id.optional().describe('The execution that the expressions see'),
    stageId: id.optional().describe('The stage of the execution in which they stand: its id or its refId'),
    evaluator: z
      .enum(['v2', 'v3', 'v4'], { error: 'must be "v2", "v3" or "v4"' })
      .optional()
      .describe('Absent: what the execution asks for, else v3'),
  })
  .superRefine(
    ({ expression, context, executionId, stageId, evaluator: _evaluator, ...rest }, { addIssue }) => {
      const problem = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
      for (const key of Object.keys(rest)) problem(key, 'is not a field of this request');
      if (expression === undefined) problem('expression', 'is missing: send a text, or any JSON');
      if (context !== undefined && executionId !== undefined) {
        problem('context', 'send either context or executionId, not both');
      }
      if (stageId !== undefined && executionId === undefined) {
        problem('executionId', 'is missing: stageId is a stage of it');
      }
    },
  );

const failure = z.object({
  path: z.string().describe('JSON path of the text; empty for a lone text'),
  expression: z.string(),
  column: z.number().describe('From 1, in the text'),
  message: z.string(),
  code: z.string(),
  found: z.string().optional(),
  suggestion: z.string().optional().describe('The nearest name that exists'),
  level: z.enum(['INFO', 'ERROR']).describe('INFO: it gave null'),
  exceptionType: z.string().optional(),
});

export const evaluateExpressions = defineRoute({
  method: 'POST',
  path: '/expressions/evaluate',
  id: 'evaluateExpressions',
  tag,
  summary: 'Evaluates an expression, or any JSON with expressions, and shows the value of every step',
  description:
    'Nothing outside is called: what functions such as #fromUrl would ask is listed under `needs`. A failing expression is part of the answer, not an error of the request.',
  permission: { action: 'READ', resource: 'execution', from: 'body.executionId' },
  body: evaluationRequest,
  answer: z.object({
    result: z.unknown(),
    type: z.string().describe("Java's simple type name"),
    steps: z.array(
      z.object({
        path: z.string(),
        text: z.string(),
        column: z.number(),
        end: z.number(),
        type: z.string().optional(),
        value: z.unknown().optional(),
        error: z.string().optional(),
      }),
    ),
    errors: z.array(failure),
    needs: z.array(z.object({ function: z.string(), args: z.array(z.unknown()) })).optional(),
  }),
});

export const listExpressionFunctions = defineRoute({
  method: 'GET',
  path: '/capabilities/expressions',
  id: 'listExpressionFunctions',
  tag,
  summary: 'The functions of the expression language with documentation and examples, and its evaluators',
  permission: { action: 'READ', resource: 'installation' },
  answer: z.object({
    functions: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        parameters: z.array(z.object({ name: z.string(), type: z.string(), description: z.string() })),
        returns: z.string(),
        example: z.string(),
      }),
    ),
    spelEvaluators: z.array(
      z.object({ versionKey: z.string(), description: z.string(), isDeprecated: z.boolean() }),
    ),
  }),
});

/** One thing that is wrong with a pipeline, or likely to be. */
export const pipelineProblemShape = z.object({
  severity: z.enum(['error', 'warning']),
  path: z.string().describe('Where in the pipeline: `stages[2].manifests[0].kind`'),
  message: z.string(),
  code: z.string().optional().describe('Of problems of expressions; stable, for programs'),
  expression: z.string().optional(),
  column: z.number().optional().describe('From 1, in the text'),
  suggestion: z.string().optional(),
});

export const validatePipelineConfig = defineRoute({
  method: 'POST',
  path: '/pipelines/validate',
  id: 'validatePipelineConfig',
  tag: 'pipelines',
  summary: 'What saving a pipeline would refuse (errors) and warn of; nothing is stored',
  permission: ofAll('pipeline'),
  body: jsonObject,
  answer: z.object({
    valid: z.boolean().describe('There are no errors: it could be saved'),
    errors: z.array(pipelineProblemShape),
    warnings: z.array(pipelineProblemShape),
  }),
});
