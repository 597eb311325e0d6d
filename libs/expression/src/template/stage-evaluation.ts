import { setOwn } from '../values/collection.js';
import { ContextSource, ObjectSource } from '../values/context-source.js';
import type { Value } from '../values/value.js';
import type { EvaluationOptions, ExpressionContext } from '../evaluate/compiled-expression.js';
import { evaluateTree, type TreeResult } from './evaluate-tree.js';

export type EvaluatorVersion = 'v2' | 'v3' | 'v4';

/** The version that a pipeline's `spelEvaluator` asks for: absent or unknown means v3. */
export function evaluatorVersion(spelEvaluator: unknown): EvaluatorVersion {
  return spelEvaluator === 'v2' || spelEvaluator === 'v4' ? spelEvaluator : 'v3';
}

/**
 * Evaluates a stage's context as it is done when the stage starts, by the rules of the evaluator's version. Under v4,
 * `evaluateVariables` sees the variables above the current one, and `deployManifest` can leave its manifests alone
 * (`skipExpressionEvaluation`).
 */
export function evaluateStageContext(
  stage: { type: string; context: Readonly<Record<string, unknown>> },
  context: ExpressionContext,
  options: EvaluationOptions & { evaluator?: EvaluatorVersion },
): TreeResult {
  const { type, context: own } = stage;
  if (options.evaluator === 'v4') {
    if (type === 'evaluateVariables' && Array.isArray(own['variables']))
      return withVariables(own, context, options);
    if (MANIFEST_STAGES.has(type) && own['skipExpressionEvaluation'] === true) {
      return leaving('manifests', own, context, options);
    }
  }
  return evaluateTree(own, context, options);
}

const MANIFEST_STAGES = new Set(['deployManifest', 'deployCloudrunManifest']);

/** Evaluates everything but one key. */
function leaving(
  key: string,
  own: Readonly<Record<string, unknown>>,
  context: ExpressionContext,
  options: EvaluationOptions,
): TreeResult {
  const { [key]: left, ...rest } = own;
  const result = evaluateTree(rest, context, options);
  const value: Record<string, unknown> = { ...(result.value as Record<string, unknown>) };
  if (left !== undefined) setOwn(value, key, left);
  return { ...result, value };
}

function withVariables(
  own: Readonly<Record<string, unknown>>,
  context: ExpressionContext,
  options: EvaluationOptions,
): TreeResult {
  const { variables, ...rest } = own;
  const others = evaluateTree(rest, context, options);
  const evaluated = evaluateVariables(variables as Variable[], context, {
    ...options,
    evaluator: 'v4',
    path: [...(options.path ?? []), 'variables'],
  });
  const value = { ...(others.value as Record<string, unknown>), variables: evaluated.value };
  return combine(value, [others, evaluated]);
}

function combine(value: unknown, results: TreeResult[]): TreeResult {
  const needs = results.flatMap((result) => result.needs ?? []);
  return {
    value,
    errors: results.flatMap((result) => result.errors),
    evaluated: results.reduce((sum, result) => sum + result.evaluated, 0),
    summary: Object.assign({}, ...results.map((result) => result.summary)) as TreeResult['summary'],
    ...(needs.length > 0 ? { needs } : {}),
  };
}

/** One variable of an `evaluateVariables` stage, or of `POST …/evaluateVariables`. */
export interface Variable {
  key?: string | null;
  value?: unknown;
  description?: string | null;
  [key: string]: unknown;
}

/**
 * Evaluates a list of variables. Under v4 each sees the ones above it; one that failed is not visible to those below, and
 * keeps its text. v4's records also show where the value came from (`sourceValue`, with `{` instead of `${`).
 */
export function evaluateVariables(
  variables: readonly Variable[],
  context: ExpressionContext,
  options: EvaluationOptions & { evaluator?: EvaluatorVersion },
): TreeResult {
  if (options.evaluator !== 'v4') return evaluateTree(variables, context, options);
  const root = new LayeredSource(context);
  const results: TreeResult[] = [];
  const records = variables.map((variable, index) => {
    const result = evaluateTree({ key: variable.key, value: variable.value }, root, {
      ...options,
      path: [...(options.path ?? []), index],
    });
    results.push(result);
    const { key, value } = result.value as Variable;
    if (typeof key === 'string' && key !== '' && result.errors.length === 0 && !result.needs) {
      root.add(key, (value ?? null) as Value);
    }
    return { key, value, sourceValue: braced(variable.value), description: variable.description ?? null };
  });
  return combine(records, results);
}

/** `${` would be evaluated by Spinnaker wherever the record goes, so its records show `{`. */
function braced(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', '{');
  if (Array.isArray(value)) return value.map(braced);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [braced(key), braced(item)]));
}

/** The variables so far, over the context. */
class LayeredSource extends ContextSource {
  private readonly above = new Map<string, Value>();
  private readonly base: ContextSource;

  constructor(base: ExpressionContext) {
    super();
    this.base = base instanceof ContextSource ? base : new ObjectSource(base);
  }

  add(key: string, value: Value): void {
    this.above.set(key, value);
  }

  get(key: string): Value | undefined {
    return this.above.get(key) ?? this.base.get(key);
  }

  has(key: string): boolean {
    return this.above.has(key) || this.base.has(key);
  }

  keys(): Iterable<string> {
    return new Set([...this.above.keys(), ...this.base.keys()]);
  }
}

/** What an `evaluateVariables` stage gives to the stages after it: its variables that have a key. */
export function variableOutputs(variables: readonly Variable[]): Record<string, unknown> {
  const outputs: Record<string, unknown> = {};
  for (const { key, value } of variables) {
    if (typeof key === 'string' && key !== '') setOwn(outputs, key, value);
  }
  return outputs;
}
