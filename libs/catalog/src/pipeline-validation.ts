import { stageGraphProblems } from '@gennaker/execution';
import { checkPipeline, type ExpressionProblem } from '@gennaker/expression';
import { type FieldProblem, type JsonObject, isObject } from '@gennaker/kernel';

export interface PipelineRules {
  /** Stage types that can run, aliases included. Absent: any type passes. */
  stageTypes?: ReadonlySet<string>;
  /** Problems of the fields of stages whose graph is right. */
  stageFields?: (stages: unknown) => FieldProblem[];
  /** Failing expressions keep their text in pipelines that do not say what they mean. */
  lenientExpressions?: boolean;
}

/** One thing that is wrong with a configuration (error), or likely to be (warning). */
export type PipelineProblem = FieldProblem & { severity: 'error' | 'warning' } & Partial<ExpressionProblem>;

/** What is wrong with a configuration: with errors it cannot be stored, warnings are for its author to look at. */
export interface PipelineProblems {
  errors: PipelineProblem[];
  warnings: PipelineProblem[];
}

const MAX_NAME = 500;

/**
 * Everything that is wrong with a pipeline (or strategy) configuration, its expressions included, each problem with its
 * place and the fix. Without errors it can be stored and started.
 */
export function pipelineProblems(pipeline: JsonObject, rules: PipelineRules = {}): PipelineProblems {
  const fields = fieldProblems(pipeline, rules);
  const expressions = checkPipeline(pipeline, { lenientByDefault: rules.lenientExpressions === true });
  const problems: PipelineProblem[] = [
    ...fields.map((problem) => ({ severity: 'error' as const, ...problem })),
    ...expressions,
  ];
  return {
    errors: problems.filter(({ severity }) => severity === 'error'),
    warnings: problems.filter(({ severity }) => severity === 'warning'),
  };
}

function fieldProblems(pipeline: JsonObject, rules: PipelineRules): FieldProblem[] {
  const problems: FieldProblem[] = [
    ...nameProblems(pipeline, 'application'),
    ...nameProblems(pipeline, 'name'),
    ...listProblems(pipeline),
    ...flagProblems(pipeline),
    ...expressionsProblems(pipeline),
  ];
  if (isTemplated(pipeline)) return [...problems, ...templateProblems(pipeline)];
  return [...problems, ...stageProblems(pipeline.stages, rules)];
}

/** True for a configuration that takes its stages from a template. */
export function isTemplated(pipeline: JsonObject): boolean {
  return pipeline.type === 'templatedPipeline';
}

function nameProblems(pipeline: JsonObject, field: 'application' | 'name'): FieldProblem[] {
  const value = pipeline[field];
  if (typeof value !== 'string' || value.trim() === '') {
    return [
      { path: field, message: `A pipeline requires ${field === 'name' ? 'a name' : 'an application'}` },
    ];
  }
  if (value.length > MAX_NAME)
    return [{ path: field, message: `must be at most ${MAX_NAME} characters long` }];
  if (/\p{Cc}/u.test(value)) return [{ path: field, message: 'must not hold control characters' }];
  return [];
}

const OBJECT_LISTS = ['triggers', 'notifications', 'parameterConfig', 'expectedArtifacts'] as const;

function listProblems(pipeline: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of OBJECT_LISTS) {
    const list = pipeline[field];
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list)) {
      problems.push({ path: field, message: 'must be a list' });
      continue;
    }
    list.forEach((entry: unknown, index) =>
      problems.push(...entryProblems(field, `${field}[${index}]`, entry)),
    );
  }
  return problems;
}

function entryProblems(field: (typeof OBJECT_LISTS)[number], path: string, entry: unknown): FieldProblem[] {
  if (!isObject(entry)) return [{ path, message: 'must be an object' }];
  const required = field === 'parameterConfig' ? 'name' : field === 'expectedArtifacts' ? undefined : 'type';
  if (required === undefined) return [];
  const value = entry[required];
  return typeof value === 'string' && value !== ''
    ? []
    : [{ path: `${path}.${required}`, message: 'is required' }];
}

const FLAGS = ['disabled', 'limitConcurrent', 'keepWaitingPipelines', 'respectQuietPeriod'] as const;

function flagProblems(pipeline: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = FLAGS.filter((flag) => {
    const value = pipeline[flag];
    return value !== undefined && value !== null && typeof value !== 'boolean';
  }).map((flag) => ({ path: flag, message: 'must be true or false' }));

  const { maxConcurrentExecutions: most } = pipeline;
  if (most !== undefined && most !== null && !(Number.isInteger(Number(most)) && Number(most) >= 0)) {
    problems.push({ path: 'maxConcurrentExecutions', message: 'must be a whole number, 0 for no limit' });
  }
  return problems;
}

function expressionsProblems({ expressions }: JsonObject): FieldProblem[] {
  if (expressions === undefined || expressions === null) return [];
  if (expressions === 'strict' || expressions === 'lenient') return [];
  return [{ path: 'expressions', message: 'must be "strict" or "lenient"' }];
}

function templateProblems(pipeline: JsonObject): FieldProblem[] {
  const { template, variables } = pipeline;
  const problems: FieldProblem[] = [];
  if (pipeline.schema === 'v2' && (!isObject(template) || typeof template.reference !== 'string')) {
    problems.push({
      path: 'template.reference',
      message: 'must name the template, as in spinnaker://my-template',
    });
  }
  if (variables !== undefined && variables !== null && !isObject(variables)) {
    problems.push({ path: 'variables', message: 'must be an object' });
  }
  return problems;
}

/** Problems of a list of stages, graph included. */
export function stageProblems(
  stages: unknown,
  { stageTypes, stageFields }: PipelineRules = {},
): FieldProblem[] {
  if (stages === undefined || stages === null) return [];
  const problems = stageGraphProblems(stages, stageTypes && ((type) => stageTypes.has(type)));
  return problems.length > 0 ? problems : (stageFields?.(stages) ?? []);
}
