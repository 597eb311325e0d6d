const EPSILON = 2 ** -52;

export interface Bracket {
  lower: number;
  upper: number;
  /** The function's values at both ends; they have different signs, or one of them is 0. */
  atLower: number;
  atUpper: number;
}

export interface BrentOptions {
  /** Absolute: the root is within half of it, plus rounding. */
  tolerance: number;
  maxIterations: number;
}

/**
 * A zero of `f` in a bracket by Brent's method, step for step the classic `zeroin` (Netlib, and R's `R_zeroin2`): where
 * `f` jumps, the point that comes back depends on the path, so nothing here may be reordered.
 */
export function brentRoot(
  f: (x: number) => number,
  bracket: Bracket,
  { tolerance, maxIterations }: BrentOptions,
): number {
  let a = bracket.lower;
  let b = bracket.upper;
  let fa = bracket.atLower;
  let fb = bracket.atUpper;
  if (isZero(fa)) return a;
  if (isZero(fb)) return b;
  let c = a;
  let fc = fa;

  for (let left = maxIterations + 1; left > 0; left--) {
    const previous = b - a;
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, b, c] = [b, c, b];
      [fa, fb, fc] = [fb, fc, fb];
    }
    const least = 2 * EPSILON * Math.abs(b) + tolerance / 2;
    const middle = (c - b) / 2;
    if (Math.abs(middle) <= least || isZero(fb)) return b;

    let step = middle;
    if (Math.abs(previous) >= least && Math.abs(fa) > Math.abs(fb)) {
      step = interpolate({ a, b, c, fa, fb, fc, previous, least }) ?? middle;
    }
    step = atLeast(step, least);
    a = b;
    fa = fb;
    b += step;
    fb = f(b);
    if ((fb > 0 && fc > 0) || (fb < 0 && fc < 0)) {
      c = a;
      fc = fa;
    }
  }
  return b;
}

/** A step of at least `least` in its own direction. */
function atLeast(step: number, least: number): number {
  if (Math.abs(step) >= least) return step;
  return step > 0 ? least : -least;
}

interface Point {
  a: number;
  b: number;
  c: number;
  fa: number;
  fb: number;
  fc: number;
  previous: number;
  least: number;
}

/** The secant or inverse quadratic step from b, or nothing where it would leave the bracket or shrink too slowly. */
function interpolate({ a, b, c, fa, fb, fc, previous, least }: Point): number | undefined {
  const cb = c - b;
  let p: number;
  let q: number;
  if (a === c) {
    const t1 = fb / fa;
    p = cb * t1;
    q = 1 - t1;
  } else {
    const r = fa / fc;
    const t1 = fb / fc;
    const t2 = fb / fa;
    p = t2 * (cb * r * (r - t1) - (b - a) * (t1 - 1));
    q = (r - 1) * (t1 - 1) * (t2 - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const inside = p < 0.75 * cb * q - Math.abs(least * q) / 2;
  return inside && p < Math.abs((previous * q) / 2) ? p / q : undefined;
}

/** Zero within one unit in the last place, as the reference compares. */
function isZero(x: number): boolean {
  return Math.abs(x) <= Number.MIN_VALUE;
}
