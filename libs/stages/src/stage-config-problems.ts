import { type FieldProblem, inOurWords, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { numeric } from './fields.js';
import { pathOf } from './stage-planner.js';
import type { StageRegistry } from './stage-registry.js';

const seconds = numeric.refine((value) => value >= 0, 'must not be negative');

export interface StageConfigRules {
  /** Names of the accounts that there are; absent: any passes. */
  accounts?: ReadonlySet<string>;
  /** Takes a stage that lacks fields, as an editor saves one that is not finished. */
  unfinished?: boolean;
}

/** What the engine itself reads of a stage, whatever its type. */
const ofEveryType = z.looseObject({
  retry: z
    .looseObject({
      attempts: numeric.refine((attempts) => attempts >= 1, 'must be at least 1'),
      backoff: z
        .union(
          [
            seconds,
            z.looseObject({
              seconds: seconds.nullish(),
              factor: numeric.nullish(),
              maxSeconds: seconds.nullish(),
            }),
          ],
          'must be a number of seconds, or { seconds, factor, maxSeconds }',
        )
        .nullish(),
    })
    .nullish(),
});

/** Keys that name an account. */
const ACCOUNT_KEYS = ['account', 'credentials'];

/**
 * What is wrong with the fields of a pipeline's stages, as far as it can be told before their expressions are
 * evaluated: a value with an expression in it is taken as it is.
 */
export function stageConfigProblems(
  stages: unknown,
  registry: StageRegistry,
  rules: StageConfigRules = {},
): FieldProblem[] {
  if (!Array.isArray(stages)) return [];
  return stages.flatMap((stage: unknown, index) =>
    isObject(stage) ? problemsOf(stage, `stages[${index}]`, registry, rules) : [],
  );
}

function problemsOf(
  stage: JsonObject,
  path: string,
  registry: StageRegistry,
  rules: StageConfigRules,
): FieldProblem[] {
  const type = typeof stage['alias'] === 'string' ? stage['alias'] : String(stage['type']);
  const definition = registry.find(type);
  if (definition === undefined) return [];
  const { type: _type, refId: _ref, name: _name, requisiteStageRefIds: _requires, ...context } = stage;
  const issues = [definition.schema, ofEveryType].flatMap(
    (schema) => schema.safeParse(context).error?.issues ?? [],
  );
  const problems = issues
    .filter((issue) => !mayBecomeRight(context, issue.path, rules.unfinished ?? false))
    .map((issue) => ({ path: `${path}.${pathOf(issue.path)}`, message: inOurWords(issue.message) }));
  const own = definition.schema instanceof z.ZodObject ? Object.keys(definition.schema.shape) : [];
  return [...problems, ...accountProblems(stage, path, { accounts: rules.accounts, own })];
}

/** Whether the value at a path is, or is inside, text that an expression will change; or is not there yet. */
function mayBecomeRight(context: JsonObject, path: readonly PropertyKey[], unfinished: boolean): boolean {
  let value: unknown = context;
  for (const key of path) {
    if (typeof value === 'string' && value.includes('${')) return true;
    value =
      isObject(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  if (typeof value === 'string' && value.includes('${')) return true;
  return unfinished && (value === undefined || value === null || value === '');
}

function accountProblems(
  stage: JsonObject,
  path: string,
  { accounts, own }: { accounts: ReadonlySet<string> | undefined; own: readonly string[] },
): FieldProblem[] {
  const { cloudProvider } = stage;
  if (accounts === undefined || (cloudProvider ?? 'kubernetes') !== 'kubernetes') return [];
  return ACCOUNT_KEYS.flatMap((key) => {
    // Without a provider it is an account only where the stage itself says so.
    if (cloudProvider === undefined && !own.includes(key)) return [];
    const name = stage[key];
    if (typeof name !== 'string' || name === '' || name.includes('${') || accounts.has(name)) return [];
    return [
      { path: `${path}.${key}`, message: `there is no account "${name}"; GET /credentials lists them` },
    ];
  });
}
