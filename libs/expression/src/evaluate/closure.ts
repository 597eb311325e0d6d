import { ExpressionError } from '../expression-error.js';
import type { ExpressionNode } from '../syntax/tree.js';
import type { Value } from '../values/value.js';
import type { Runtime } from './runtime.js';

/** A compiled node. */
export type Evaluate = (runtime: Runtime) => Value;

/** Sees every node's closure as it is made and may wrap it; how `explain` learns the value of every step. */
export type Wrap = (node: ExpressionNode, evaluate: Evaluate) => Evaluate;

/** What the compilation of one expression carries along. */
export interface Compilation {
  readonly source: string;
  readonly wrap: Wrap | undefined;
  /** Compiles a node below the current one. */
  compile(node: ExpressionNode): Evaluate;
}

export function evaluateAll(items: readonly Evaluate[], runtime: Runtime): Value[] {
  const values: Value[] = [];
  for (const item of items) values.push(item(runtime));
  return values;
}

/** Adds the place of `node` to errors that pass by without one. Literals cannot fail and are left alone. */
export function located(node: ExpressionNode, evaluate: Evaluate): Evaluate {
  if (node.kind === 'literal' || node.kind === 'compound') return evaluate;
  const { start, end } = node;
  return (runtime) => {
    try {
      return evaluate(runtime);
    } catch (error) {
      throw error instanceof ExpressionError ? error.at(start, end) : error;
    }
  };
}
