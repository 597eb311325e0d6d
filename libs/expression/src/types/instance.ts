import { ExpressionError } from '../expression-error.js';
import type { Value } from '../values/value.js';
import { TypeValue } from './statics/type-definition.js';

/** `value instanceof T(Type)`. Null is an instance of nothing. */
export function isInstance(value: Value, type: Value): boolean {
  if (!(type instanceof TypeValue)) {
    throw new ExpressionError(
      'expression.wrong_type',
      'instanceof needs a type on its right, such as T(String)',
    );
  }
  if (value === null) return false;
  return type.dimensions > 0 ? Array.isArray(value) : type.definition.isInstance(value);
}
