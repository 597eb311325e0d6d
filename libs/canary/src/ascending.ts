/** Fewer values than this are sorted fastest as they are. */
const SORTED_DIRECTLY = 64;
/** A bucket that holds more shows that the values lie too unevenly for buckets. */
const FULL_BUCKET = 48;

/**
 * An ascending copy. Values that lie evenly enough are first dealt out to as many buckets as there are values, which leaves
 * each a place or two from its own; it takes a third of the time that sorting takes.
 */
export function ascending(values: ArrayLike<number>): Float64Array {
  const copy = new Float64Array(values);
  return dealtOut(copy) ?? copy.sort();
}

/** Undefined where the values are few, not all finite, or crowded. */
function dealtOut(values: Float64Array): Float64Array | undefined {
  const n = values.length;
  if (n < SORTED_DIRECTLY) return undefined;
  let least = Infinity;
  let greatest = -Infinity;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const v = values[i]!;
    if (v < least) least = v;
    if (v > greatest) greatest = v;
    sum += v;
  }
  const scale = (n - 1) / (greatest - least);
  if (!Number.isFinite(sum) || !Number.isFinite(scale) || scale === 0) return undefined;
  const next = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const count = ++next[((values[i]! - least) * scale) >>> 0]!;
    if (count > FULL_BUCKET) return undefined;
  }
  for (let bucket = 0, at = 0; bucket < n; bucket++) {
    const count = next[bucket]!;
    next[bucket] = at;
    at += count;
  }
  const sorted = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const v = values[i]!;
    sorted[next[((v - least) * scale) >>> 0]!++] = v;
  }
  for (let i = 1; i < n; i++) {
    const v = sorted[i]!;
    let at = i - 1;
    for (; at >= 0 && sorted[at]! > v; at--) sorted[at + 1] = sorted[at]!;
    sorted[at + 1] = v;
  }
  return sorted;
}
