import { evaluateMentions, evaluateTree, type EvaluationOptions, givenContext } from '@gennaker/expression';
import { isObject, type JsonObject } from '@gennaker/kernel';
import { bindArtifacts, type PriorArtifacts } from './bind-artifacts.js';

export interface SubmissionSources {
  /** Time and chance for expressions. */
  environment: Pick<EvaluationOptions, 'now' | 'random' | 'uuid'>;
  priorArtifacts: PriorArtifacts;
}

/** What is never evaluated: given from outside, evaluated when stages start, or what the pipeline is known by. */
const LEFT = new Set([
  'application',
  'executionId',
  'id',
  'initialConfig',
  'stages',
  'templateVariables',
  'trigger',
  'triggers',
  'type',
  'variables',
]);

/**
 * What is done to a pipeline before it becomes an execution: parameters get their defaults, expressions outside of the
 * stages and in their names are evaluated as far as the trigger allows (others keep their text), and expected artifacts
 * are bound.
 * @throws InvalidInputError when an artifact is missing
 */
export async function prepareSubmission(
  given: JsonObject,
  { environment, priorArtifacts }: SubmissionSources,
): Promise<JsonObject> {
  const pipeline: JsonObject = { ...given, trigger: withDefaults(given, environment) };
  const options = { ...environment, allowUnknownKeys: false };
  const evaluate = <T>(value: T): T => evaluateTree(value, contextOf(pipeline), options).value as T;
  const own = Object.fromEntries(Object.entries(pipeline).filter(([key]) => !LEFT.has(key)));
  const evaluated: JsonObject = {
    ...pipeline,
    ...(JSON.parse(JSON.stringify(evaluate(own))) as JsonObject),
    ...(Array.isArray(pipeline['stages']) && {
      stages: withVariables(pipeline, options).map((stage) => withName(stage, evaluate)),
    }),
  };
  return { ...evaluated, trigger: await bindArtifacts(evaluated, priorArtifacts) };
}

/** Defaults are written by the pipeline's author, and may be expressions; parameters that are given are not looked at. */
function withDefaults(pipeline: JsonObject, environment: SubmissionSources['environment']): JsonObject {
  const trigger = isObject(pipeline['trigger']) ? pipeline['trigger'] : {};
  const given = isObject(trigger['parameters']) ? trigger['parameters'] : {};
  const configs = Array.isArray(pipeline['parameterConfig'])
    ? pipeline['parameterConfig'].filter(isObject)
    : [];
  const missing = configs.filter(
    ({ name, default: value }) =>
      typeof name === 'string' && !Object.hasOwn(given, name) && value !== undefined,
  );
  if (missing.length === 0) return trigger;
  const defaults = Object.fromEntries(missing.map(({ name, default: value }) => [String(name), value]));
  const { value } = evaluateTree(defaults, contextOf(pipeline), { ...environment, allowUnknownKeys: false });
  return { ...trigger, parameters: { ...given, ...(value as JsonObject) } };
}

/** What a template's variables decide together with the trigger: stages do not see the variables when they start. */
function withVariables(pipeline: JsonObject, options: EvaluationOptions): unknown[] {
  const stages = pipeline['stages'] as unknown[];
  if (!isObject(pipeline['templateVariables'])) return stages;
  return evaluateMentions(stages, 'templateVariables', contextOf(pipeline), options) as unknown[];
}

function withName(stage: unknown, evaluate: (text: string) => unknown): unknown {
  if (!isObject(stage) || typeof stage['name'] !== 'string' || !stage['name'].includes('${')) return stage;
  const name = evaluate(stage['name']);
  return { ...stage, name: typeof name === 'string' ? name : JSON.stringify(name) };
}

/** There are no stages yet, and no execution. */
function contextOf(pipeline: JsonObject) {
  const { trigger, templateVariables } = pipeline;
  return givenContext({
    trigger: isObject(trigger) ? trigger : {},
    ...(isObject(templateVariables) && { templateVariables }),
  }).root;
}
