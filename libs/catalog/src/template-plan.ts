import { type EvaluationEnvironment, evaluateMentions, givenContext } from '@gennaker/expression';
import { type FieldProblem, InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import { injectStages } from './template-injection.js';
import { refuseUndeclared, substitute } from './template-substitution.js';
import { assignVariables } from './template-variables.js';

/** Parts of a template that a configuration takes over unless it excludes them. */
const INHERITED_LISTS = ['triggers', 'parameterConfig', 'notifications', 'expectedArtifacts'] as const;
/** Names under which clients exclude them. */
const EXCLUDE_NAMES: Record<string, (typeof INHERITED_LISTS)[number]> = {
  triggers: 'triggers',
  parameters: 'parameterConfig',
  parameterConfig: 'parameterConfig',
  notifications: 'notifications',
  expectedArtifacts: 'expectedArtifacts',
};
/** By what two entries of a list are the same thing. */
const IDENTITY: Record<(typeof INHERITED_LISTS)[number], string[]> = {
  triggers: ['id', 'name'],
  parameterConfig: ['name'],
  notifications: ['name'],
  expectedArtifacts: ['id'],
};

const OWN_KEYS = new Set<string>([
  ...INHERITED_LISTS,
  'stages',
  'template',
  'variables',
  'exclude',
  'schema',
  'type',
  'parameters',
]);

/**
 * The pipeline that a templated configuration stands for: variables assigned and put in, stages of the template with
 * those of the configuration injected, lists inherited unless excluded. Keys of the configuration win over those of the
 * template. Expressions on variables are evaluated as far as they need nothing else; the trigger is left as it came.
 *
 * @param templates the template and its ancestors, the most distant one first
 * @throws InvalidInputError with every problem of the variables and of the injected stages
 */
export function planTemplate(
  config: JsonObject,
  templates: readonly JsonObject[],
  environment: EvaluationEnvironment,
): JsonObject {
  const template = templates.reduce((parent, child) => mergeTemplates(parent, child));
  const problems: FieldProblem[] = [];
  const given = isObject(config.variables) ? config.variables : {};
  const variables = assignVariables(objects(template.variables), given, problems);
  if (problems.length > 0) throw new InvalidInputError('catalog.template_variables', problems);

  const body = isObject(template.pipeline) ? template.pipeline : {};
  const stages = injectStages(objects(body.stages), objects(config.stages), problems);
  if (problems.length > 0) throw new InvalidInputError('catalog.template_injection', problems);

  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !OWN_KEYS.has(key)));
  const inherited = Object.fromEntries(Object.entries(body).filter(([key]) => !OWN_KEYS.has(key)));
  const { trigger, ...merged }: JsonObject = {
    ...inherited,
    ...own,
    ...inheritedLists(config, body),
    stages,
  };
  const planned = evaluateMentions(
    substitute(merged, variables),
    'templateVariables',
    givenContext({ templateVariables: variables }).root,
    { ...environment, allowUnknownKeys: false },
  ) as JsonObject;
  refuseUndeclared(planned, variables, problems);
  if (problems.length > 0) throw new InvalidInputError('catalog.template_variables', problems);
  return { ...planned, ...(trigger !== undefined && { trigger }), templateVariables: variables };
}

/** A child template over its parent: variables by name, stages by refId, everything else key by key. */
function mergeTemplates(parent: JsonObject, child: JsonObject): JsonObject {
  const parentBody = isObject(parent.pipeline) ? parent.pipeline : {};
  const childBody = isObject(child.pipeline) ? child.pipeline : {};
  const problems: FieldProblem[] = [];
  const pipeline: JsonObject = {
    ...parentBody,
    ...childBody,
    ...inheritedLists(childBody, parentBody),
    stages: injectStages(objects(parentBody.stages), objects(childBody.stages), problems),
  };
  if (problems.length > 0) throw new InvalidInputError('catalog.template_injection', problems);
  return {
    ...parent,
    ...child,
    variables: mergeByIdentity(objects(parent.variables), objects(child.variables), ['name']),
    pipeline,
  };
}

function inheritedLists(config: JsonObject, template: JsonObject): JsonObject {
  const excluded = new Set(
    (Array.isArray(config.exclude) ? config.exclude : []).map((name: unknown) => EXCLUDE_NAMES[String(name)]),
  );
  const lists: JsonObject = {};
  for (const field of INHERITED_LISTS) {
    const own = objects(
      field === 'parameterConfig' ? (config.parameterConfig ?? config.parameters) : config[field],
    );
    const inherited = excluded.has(field)
      ? []
      : objects(
          field === 'parameterConfig' ? (template.parameterConfig ?? template.parameters) : template[field],
        );
    const merged = mergeByIdentity(inherited, own, IDENTITY[field]);
    if (merged.length > 0 || config[field] !== undefined) lists[field] = merged;
  }
  return lists;
}

/** Entries that are the same thing appear once, as the second list has them. */
function mergeByIdentity(first: JsonObject[], second: JsonObject[], keys: string[]): JsonObject[] {
  const identityOf = (entry: JsonObject): unknown =>
    keys.map((key) => entry[key]).find((value) => value !== undefined && value !== null);
  const replaced = new Set<unknown>(second.map(identityOf).filter((identity) => identity !== undefined));
  return [...first.filter((entry) => !replaced.has(identityOf(entry))), ...second];
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
