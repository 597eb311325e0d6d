import {
  type FieldProblem,
  type IdGenerator,
  InvalidInputError,
  isObject,
  type JsonObject,
} from '@gennaker/kernel';
import { z } from 'zod';
import { isTrue } from './context.js';
import type { EventOf, NewStage } from './execution-events.js';
import type { Authentication, ExecutionHead, ExecutionType } from './execution-state.js';
import { stageGraphProblems } from './stage-graph-problems.js';

export interface SubmissionContext {
  type: ExecutionType;
  /** Milliseconds since the Unix epoch. */
  now: number;
  ids: IdGenerator;
  authentication: Authentication;
  /** Where the request came from: `deck`, `api`, … */
  origin: string;
  isKnownStageType?: (type: string) => boolean;
  additionalHeaders?: Record<string, string>;
}

const EXECUTION_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Providers whose stages carry no provider in their type. */
const PLAIN_PROVIDERS = new Set(['aws', 'titus']);

/**
 * Makes the first event of an execution from a pipeline as Spinnaker's clients submit it. Throws
 * {@link InvalidInputError} with the path of every field that is wrong; nothing is stored then.
 */
export function submitExecution(
  pipeline: JsonObject,
  context: SubmissionContext,
): EventOf<'ExecutionSubmitted'> {
  const problems = submissionProblems(pipeline, context);
  if (problems.length > 0) throw new InvalidInputError('execution.invalid', problems);
  const trigger = toTrigger(pipeline, context);
  const id = text(pipeline['executionId']) ?? context.ids.next();
  const execution: ExecutionHead = {
    id,
    type: context.type,
    application: text(pipeline['application'])!,
    ...optional('name', context.type === 'PIPELINE' ? text(pipeline['name']) : undefined),
    ...optional('description', text(pipeline['description']) ?? orchestrationName(pipeline, context)),
    ...optional('pipelineConfigId', text(pipeline['id'])),
    ...optional('rootId', text(pipeline['rootId']) ?? (context.type === 'PIPELINE' ? id : undefined)),
    buildTime: context.now,
    ...optional('startTimeExpiry', number(pipeline['startTimeExpiry'])),
    limitConcurrent: isTrue(pipeline['limitConcurrent']),
    maxConcurrentExecutions: number(pipeline['maxConcurrentExecutions']) ?? 0,
    keepWaitingPipelines: isTrue(pipeline['keepWaitingPipelines']),
    ...optional('maxDurationMinutes', number(pipeline['maxDurationMinutes'])),
    authentication: context.authentication,
    origin: context.origin,
    trigger,
    notifications: list(pipeline['notifications']).filter(isObject),
    initialConfig: object(pipeline['initialConfig']) ?? {},
    ...optional('spelEvaluator', text(pipeline['spelEvaluator'])),
    ...optional('expressions', pipeline['expressions'] as ExecutionHead['expressions']),
    ...optional('templateVariables', object(pipeline['templateVariables'])),
    ...optional('source', object(pipeline['source'])),
    ...optional('additionalHeaders', context.additionalHeaders),
  };
  return {
    type: 'ExecutionSubmitted',
    data: { execution, stages: toStages(list(pipeline['stages']), context.ids) },
  };
}

function orchestrationName(pipeline: JsonObject, context: SubmissionContext): string | undefined {
  return context.type === 'ORCHESTRATION' ? text(pipeline['name']) : undefined;
}

const notNegative = z
  .union([z.number(), z.string().regex(/^\d+$/)], { error: 'must be a number that is not negative' })
  .refine((value) => Number(value) >= 0, 'must be a number that is not negative')
  .nullish();
const listOf = z.array(z.unknown(), { error: 'must be a list' }).nullish();

/** What a pipeline must be besides its stages. Every other key is the client's own. */
const submissionSchema = z.looseObject({
  application: z
    .string({ error: 'is missing: say which application this is for' })
    .trim()
    .min(1, 'must not be empty'),
  executionId: z
    .string({ error: 'must be text' })
    .regex(EXECUTION_ID, 'must be up to 64 letters, digits, "-" or "_"')
    .nullish(),
  trigger: z
    .looseObject(
      {
        parameters: z.looseObject({}, { error: 'must be an object' }).nullish(),
        artifacts: listOf,
      },
      { error: 'must be an object' },
    )
    .nullish(),
  expressions: z.enum(['strict', 'lenient'], { error: 'must be "strict" or "lenient"' }).nullish(),
  maxConcurrentExecutions: notNegative,
  maxDurationMinutes: notNegative,
  startTimeExpiry: notNegative,
  notifications: listOf,
  expectedArtifacts: listOf,
  parameterConfig: listOf,
});

const pipelineSchema = submissionSchema.extend({
  name: z.string({ error: 'is missing: a pipeline needs a name' }).trim().min(1, 'must not be empty'),
});

/** Every problem that keeps a pipeline from being run. */
export function submissionProblems(
  pipeline: JsonObject,
  { type, isKnownStageType }: Pick<SubmissionContext, 'type' | 'isKnownStageType'>,
): FieldProblem[] {
  const parsed = (type === 'PIPELINE' ? pipelineSchema : submissionSchema).safeParse(pipeline);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  return [
    ...problems,
    ...stageGraphProblems(pipeline['stages'], isKnownStageType),
    ...(problems.length === 0 ? parameterProblems(pipeline) : []),
  ];
}

function parameterProblems(pipeline: JsonObject): FieldProblem[] {
  const given = parametersOf(pipeline);
  return list(pipeline['parameterConfig'])
    .filter(isObject)
    .filter((config) => isTrue(config['required']) && isMissing(config['default']))
    .map((config) => String(config['name']))
    .filter((name) => given[name] === undefined || given[name] === null)
    .map((name) => ({ path: '', message: `Required parameter ${name} is missing` }));
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function parametersOf(pipeline: JsonObject): JsonObject {
  const trigger = object(pipeline['trigger']) ?? {};
  return object(trigger['parameters']) ?? {};
}

function toTrigger(pipeline: JsonObject, context: SubmissionContext): JsonObject {
  const trigger = object(pipeline['trigger']) ?? {};
  const parameters = { ...parametersOf(pipeline) };
  for (const config of list(pipeline['parameterConfig']).filter(isObject)) {
    const name = String(config['name']);
    if (!Object.hasOwn(parameters, name) && config['default'] !== undefined)
      parameters[name] = config['default'];
  }
  return {
    rebake: false,
    dryRun: false,
    strategy: false,
    ...trigger,
    type: text(trigger['type']) ?? 'manual',
    user: text(trigger['user']) ?? context.authentication.user,
    parameters,
    artifacts: list(trigger['artifacts']),
    notifications: list(trigger['notifications']),
    resolvedExpectedArtifacts: list(trigger['resolvedExpectedArtifacts']),
  };
}

/** Stages without any refId form a line, in the order in which they are given. */
function toStages(stages: unknown[], ids: IdGenerator): NewStage[] {
  const given = stages.filter(isObject);
  const linear = given.every((stage) => stage['refId'] === undefined || stage['refId'] === null);
  return given.map((stage, index) => {
    const { refId, type, name, requisiteStageRefIds, startTimeExpiry, providerType, ...context } = stage;
    const provider = text(providerType);
    const previous = index === 0 ? [] : [String(index - 1)];
    return {
      id: ids.next(),
      refId: linear ? String(index) : String(refId ?? index),
      requisiteStageRefIds: linear ? previous : list(requisiteStageRefIds).map(String),
      type:
        provider === undefined || PLAIN_PROVIDERS.has(provider)
          ? String(type)
          : `${String(type)}_${provider}`,
      name: text(name) ?? String(type),
      context: provider === undefined ? context : { ...context, providerType: provider },
      ...optional('startTimeExpiry', number(startTimeExpiry)),
    };
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined;
}

function object(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
