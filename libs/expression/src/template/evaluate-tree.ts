import {
  runtimeFor,
  type EvaluationOptions,
  type ExpressionContext,
} from '../evaluate/compiled-expression.js';
import { effectKey, type EffectRequest, type EffectResult } from '../evaluate/effect.js';
import type { Runtime } from '../evaluate/runtime.js';
import { javaText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { setOwn } from '../values/collection.js';
import { evaluateText, hasExpression } from './evaluate-template.js';
import type { ExpressionEvaluationSummary, ExpressionFailure } from './expression-failure.js';
import { addToSummary } from './summary.js';

/** What came of evaluating a tree. */
export interface TreeResult {
  /**
   * The tree with every expression replaced by its result; texts that failed are as they were written. Parts without
   * expressions are the very objects of the input.
   */
  value: unknown;
  errors: ExpressionFailure[];
  /** How many texts with expressions there were. */
  evaluated: number;
  summary: ExpressionEvaluationSummary;
  /** Effects whose results are needed before the tree can be evaluated: perform them, and evaluate again. */
  needs?: EffectRequest[];
}

interface Walk {
  runtime: Runtime;
  now: number;
  path: (string | number)[];
  result: TreeResult;
  needs: Map<string, EffectRequest>;
}

const MAX_DEPTH = 500;

/**
 * Evaluates every text in a JSON value that holds `${`, keys of maps included, by Spinnaker's rules. Results are never
 * looked at for expressions again, and the input is not changed. Never throws for an expression's sake.
 */
export function evaluateTree(
  tree: unknown,
  context: ExpressionContext,
  options: EvaluationOptions,
): TreeResult {
  const walk: Walk = {
    runtime: runtimeFor(context, options),
    now: options.now,
    path: [...(options.path ?? [])],
    result: { value: tree, errors: [], evaluated: 0, summary: {} },
    needs: new Map(),
  };
  walk.result.value = evaluateValue(walk, tree);
  if (walk.needs.size > 0) walk.result.needs = [...walk.needs.values()];
  return walk.result;
}

/** `evaluateTree` for a single text. */
export function evaluateTemplate(
  text: string,
  context: ExpressionContext,
  options: EvaluationOptions,
): TreeResult {
  return evaluateTree(text, context, options);
}

function evaluateValue(walk: Walk, value: unknown): unknown {
  if (typeof value === 'string') return hasExpression(value) ? evaluateString(walk, value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (walk.path.length > MAX_DEPTH) return value;
  return Array.isArray(value)
    ? evaluateList(walk, value)
    : evaluateMap(walk, value as Record<string, unknown>);
}

function evaluateList(walk: Walk, list: unknown[]): unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    walk.path.push(index);
    const evaluated = evaluateValue(walk, item);
    walk.path.pop();
    if (evaluated === item) continue;
    copy ??= [...list];
    copy[index] = evaluated;
  }
  return copy ?? list;
}

function evaluateMap(walk: Walk, map: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(map);
  if (keys.some(hasExpression)) return evaluateMapWithKeys(walk, map, keys);
  let copy: Record<string, unknown> | undefined;
  for (const key of keys) {
    const item = map[key];
    if (typeof item !== 'object' && (typeof item !== 'string' || !hasExpression(item))) continue;
    walk.path.push(key);
    const evaluated = evaluateValue(walk, item);
    walk.path.pop();
    if (evaluated === item) continue;
    copy ??= { ...map };
    setOwn(copy, key, evaluated);
  }
  return copy ?? map;
}

function evaluateMapWithKeys(
  walk: Walk,
  map: Record<string, unknown>,
  keys: string[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of keys) {
    walk.path.push(key);
    const newKey = hasExpression(key) ? javaText(evaluateString(walk, key) as Value) : key;
    setOwn(result, newKey, evaluateValue(walk, map[key]));
    walk.path.pop();
  }
  return result;
}

function evaluateString(walk: Walk, text: string): unknown {
  const { result } = walk;
  result.evaluated += 1;
  if (walk.runtime.trace) walk.runtime.trace.path = jsonPath(walk.path);
  const { value, failure, key, need } = evaluateText(text, walk.runtime);
  if (need) walk.needs.set(effectKey(need), need);
  if (failure) {
    const located: ExpressionFailure = { path: jsonPath(walk.path), ...failure };
    result.errors.push(located);
    addToSummary(result.summary, key, located, walk.now);
  }
  return value;
}

/** `stages[0].manifests[1]['app.kubernetes.io/name']` */
export function jsonPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `['${part.replaceAll("'", "\\'")}']`;
  }
  return text;
}

const MAX_ROUNDS = 20;

/**
 * Evaluates a tree and performs the effects that it asks for, until nothing is missing. `effects` is everything that was
 * performed: record it with the result.
 * @param perform carries out one effect; a rejection becomes the failure of the expressions that asked for it
 */
export async function evaluateWithEffects(
  tree: unknown,
  context: ExpressionContext,
  options: EvaluationOptions,
  perform: (request: EffectRequest) => Promise<unknown>,
): Promise<TreeResult & { effects: Record<string, EffectResult> }> {
  const effects: Record<string, EffectResult> = { ...options.effects };
  for (let round = 0; ; round += 1) {
    const result = evaluateTree(tree, context, { ...options, effects });
    const open = (result.needs ?? []).filter((request) => !Object.hasOwn(effects, effectKey(request)));
    if (open.length === 0) return { ...result, effects };
    await Promise.all(
      open.map(async (request) => {
        effects[effectKey(request)] =
          round < MAX_ROUNDS
            ? await performed(request, perform)
            : { error: 'too many effects follow one another' };
      }),
    );
  }
}

async function performed(
  request: EffectRequest,
  perform: (request: EffectRequest) => Promise<unknown>,
): Promise<EffectResult> {
  try {
    return { value: (await perform(request)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
