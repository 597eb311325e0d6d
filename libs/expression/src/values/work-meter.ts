import { ExpressionError } from '../expression-error.js';

/**
 * How much more an evaluation may look at while it compares, prints, searches and copies values, in elements (or 16
 * characters of text). Such work hides inside single steps, and lists that hold one another many times make it explode.
 * An evaluation is synchronous and never inside another, so one counter is enough.
 */
let left = Number.POSITIVE_INFINITY;

/** Begins a new evaluation. */
export function allowVisits(count: number): void {
  left = count;
}

/** Counts elements that were visited. @throws ExpressionError `expression.too_many_steps` */
export function visit(count = 1): void {
  left -= count;
  if (left < 0) {
    throw new ExpressionError('expression.too_many_steps', 'the expression goes through too many values');
  }
}

/** Counts a text that is read or made. */
export function visitText(text: string): void {
  if (text.length >= 16) visit(text.length >> 4);
}
