import { ExpressionError } from '../expression-error.js';
import type { Wrap } from './closure.js';
import type { Trace } from './trace.js';

/** Tells a trace what every node of an expression comes to. */
export function traced(trace: Trace, place: { source: string; offset: number }): Wrap {
  return (node, inner) => (runtime) => {
    try {
      const value = inner(runtime);
      trace.add(node, place, { value });
      return value;
    } catch (error) {
      if (error instanceof ExpressionError) trace.add(node, place, { error: error.message });
      throw error;
    }
  };
}
