import { ExpressionError } from '../expression-error.js';
import type { Value } from '../values/value.js';
import { effectKey, EffectNeeded, type EffectName, type EffectRequest } from './effect.js';
import type { Runtime } from './runtime.js';

/** The recorded result of an effect. Stops the evaluation when there is none yet; throws when the effect failed. */
export function effectResult(runtime: Runtime, name: EffectName, args: unknown[]): Value {
  const request: EffectRequest = { function: name, args };
  const recorded = runtime.environment.effects;
  const key = effectKey(request);
  const result = recorded && Object.hasOwn(recorded, key) ? recorded[key] : undefined;
  if (!result) throw new EffectNeeded(request);
  if ('error' in result) {
    throw new ExpressionError(
      'expression.function_failed',
      `${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')}) failed: ${result.error}`,
    );
  }
  return (result.value ?? null) as Value;
}
