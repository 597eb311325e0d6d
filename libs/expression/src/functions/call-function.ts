import type { Runtime } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { nearestName, suggestionText } from '../suggestion.js';
import type { Value } from '../values/value.js';
import { visitText } from '../values/work-meter.js';
import { findFunction, functionNames } from './catalogue.js';

/** How many arguments a function takes. */
export function functionArity(name: string): { min: number; max: number } | undefined {
  const definition = findFunction(name);
  if (!definition) return undefined;
  const isVariadic = definition.parameters.at(-1)?.variadic === true;
  const count = definition.parameters.length;
  return isVariadic ? { min: count - 1, max: Number.MAX_SAFE_INTEGER } : { min: count, max: count };
}

export function unknownFunction(name: string): ExpressionError {
  const suggestion = nearestName(name, functionNames());
  return new ExpressionError(
    'expression.unknown_function',
    `there is no function #${name}${suggestionText(suggestion === undefined ? undefined : `#${suggestion}`)}`,
    { found: name, suggestion },
  );
}

/** `#name(args)`. */
export function callFunction(name: string, args: readonly Value[], runtime: Runtime): Value {
  const definition = findFunction(name);
  const arity = functionArity(name);
  if (!definition || !arity) throw unknownFunction(name);
  if (args.length < arity.min || args.length > arity.max) {
    throw new ExpressionError(
      'expression.bad_argument',
      `#${name} takes ${arity.min} argument${arity.min === 1 ? '' : 's'}, found ${args.length}`,
      { found: `${args.length} arguments` },
    );
  }
  for (const arg of args) if (typeof arg === 'string') visitText(arg);
  try {
    return definition.call(args, runtime);
  } catch (error) {
    if (error instanceof ExpressionError && error.code === 'expression.bad_argument') {
      throw new ExpressionError('expression.function_failed', `#${name}: ${error.message}`, {
        found: error.found,
      });
    }
    throw error;
  }
}
