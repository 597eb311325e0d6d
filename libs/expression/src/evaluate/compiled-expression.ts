import { ExpressionError } from '../expression-error.js';
import { DEFAULT_LIMITS, type ExpressionLimits } from '../limits.js';
import { RecentCache } from '../recent-cache.js';
import { parseExpression } from '../syntax/parser.js';
import type { ExpressionNode } from '../syntax/tree.js';
import { ContextSource, ObjectSource } from '../values/context-source.js';
import { toPlain } from '../values/plain.js';
import type { Value } from '../values/value.js';
import { allowVisits } from '../values/work-meter.js';
import type { Evaluate } from './closure.js';
import { compileTree } from './compile.js';
import type { EvaluationEnvironment, Runtime } from './runtime.js';
import type { Trace } from './trace.js';

/** A parsed expression, ready to be evaluated any number of times. */
export interface CompiledExpression {
  /** The expression without `${` and `}`. */
  readonly source: string;
  readonly tree: ExpressionNode;
  readonly evaluate: Evaluate;
}

const MAX_CACHED = 10_000;
const MAX_CACHED_CHARACTERS = 5_000_000;
const cache = new RecentCache<CompiledExpression>(MAX_CACHED, MAX_CACHED_CHARACTERS);

/**
 * Parses and compiles one expression (without `${` and `}`). Compiled expressions are kept by their text.
 * @throws ExpressionError `expression.syntax`, `expression.too_long` or `expression.too_deep`
 */
export function compile(source: string, limits: ExpressionLimits = DEFAULT_LIMITS): CompiledExpression {
  const cached = cache.get(source);
  if (cached && source.length <= limits.maxLength) return cached;
  const tree = parseExpression(source, limits);
  const compiled = { source, tree, evaluate: compileTree(tree, source) };
  cache.set(source, compiled);
  return compiled;
}

/** What an expression is evaluated against: an object, or a source that is read key by key. */
export type ExpressionContext = ContextSource | Readonly<Record<string, unknown>>;

export interface EvaluationOptions extends EvaluationEnvironment {
  limits?: Partial<ExpressionLimits>;
  /** False: a key that a map does not have is an error. Default true: it is null. */
  allowUnknownKeys?: boolean;
  trace?: Trace;
  /** Where the evaluated value stands in a larger one: its failures are named from there. Default: nowhere. */
  path?: readonly (string | number)[];
}

export function limitsOf(options: { limits?: Partial<ExpressionLimits> }): ExpressionLimits {
  return options.limits ? { ...DEFAULT_LIMITS, ...options.limits } : DEFAULT_LIMITS;
}

/** A runtime for any number of evaluations, one after the other; `reset` it before each. */
export function runtimeFor(context: ExpressionContext, options: EvaluationOptions): Runtime {
  const root: Value = context instanceof ContextSource ? context : new ObjectSource(context);
  return {
    root,
    environment: options,
    limits: limitsOf(options),
    allowUnknownKeys: options.allowUnknownKeys ?? true,
    self: root,
    steps: 0,
    missing: undefined,
    trace: options.trace,
  };
}

/** Comparing or printing an element is that much cheaper than a step. */
const VISITS_PER_STEP = 10;

/**
 * Evaluates a compiled expression.
 * @throws ExpressionError
 * @throws EffectNeeded when the answer of an effect is missing
 */
export function run(compiled: CompiledExpression, runtime: Runtime): Value {
  runtime.self = runtime.root;
  runtime.steps = 0;
  runtime.missing = undefined;
  allowVisits(runtime.limits.maxSteps * VISITS_PER_STEP);
  try {
    return compiled.evaluate(runtime);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

/**
 * Evaluates any number of compiled expressions against one context, without templates and summaries around them.
 * @returns a function that gives the result as JSON and throws ExpressionError, or EffectNeeded for a missing effect
 */
export function evaluatorFor(
  context: ExpressionContext,
  options: EvaluationOptions,
): (expression: CompiledExpression) => unknown {
  const runtime = runtimeFor(context, options);
  return (expression) => toPlain(run(expression, runtime));
}

function tooDeep(): ExpressionError {
  return new ExpressionError('expression.too_deep', 'a value in the expression is nested too deeply', {
    start: 0,
  });
}
