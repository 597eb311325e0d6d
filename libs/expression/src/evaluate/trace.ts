import type { ExpressionNode } from '../syntax/tree.js';
import { typeNameOf } from '../types/type-name.js';
import { toPlain } from '../values/plain.js';
import { sizeUpTo } from '../values/size.js';
import type { Value } from '../values/value.js';

/** One part of an expression and what it came to, in the order of evaluation. */
export interface ExplainedStep {
  /** JSON path of the text in what was evaluated; '' for a lone text. */
  path: string;
  /** The part as it is written. */
  text: string;
  /** Its place in the text, from 1; `end` is the column of its last character. */
  column: number;
  end: number;
  /** Java's simple type name. Absent when the step failed. */
  type?: string;
  value?: unknown;
  error?: string;
}

const MAX_STEPS = 500;
const MAX_SHOWN = 10_000;

/** Collects the steps of an evaluation. */
export class Trace {
  readonly steps: ExplainedStep[] = [];
  /** Path of the text that is being evaluated. */
  path = '';
  /** Java's type of the whole, when that is a lone expression. */
  type: string | undefined;

  /** Told of the result of an expression that is a whole text. */
  result(value: Value): void {
    if (this.path === '') this.type = typeNameOf(value);
  }

  /** Records what a node of an expression came to; `offset` is the expression's place in its text. */
  add(
    node: ExpressionNode,
    place: { source: string; offset: number },
    outcome: { value: Value } | { error: string },
  ): void {
    if (this.steps.length >= MAX_STEPS || node.kind === 'literal') return;
    const last = this.steps.at(-1);
    const step: ExplainedStep = {
      path: this.path,
      text: place.source.slice(node.start, node.end),
      column: place.offset + node.start + 1,
      end: place.offset + node.end,
      ...('error' in outcome ? outcome : { type: typeNameOf(outcome.value), value: shown(outcome.value) }),
    };
    // A chain's last part and the chain as a whole are the same text.
    const isSame =
      last?.path === step.path &&
      last.column === step.column &&
      last.end === step.end &&
      last.error === step.error;
    if (!isSame) this.steps.push(step);
  }
}

/** Large texts are shown by their beginning, other large values by their type. */
function shown(value: Value): unknown {
  if (typeof value === 'string') return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  if (sizeUpTo(value, MAX_SHOWN) > MAX_SHOWN) return `a ${typeNameOf(value)} that is too large to be shown`;
  return toPlain(value);
}
