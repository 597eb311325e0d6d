import { z } from 'zod';

const SPELLED: Record<string, number> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };

function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? SPELLED[value] : undefined;
}

/** A list of doubles as Kayenta's JSON carries it: numbers, and the strings "NaN", "Infinity", "-Infinity"; null reads as NaN. */
export const jsonNumbersSchema = z.array(z.unknown()).transform((values, context) => {
  const numbers: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const number = value === null ? Number.NaN : readNumber(value);
    if (number !== undefined) {
      numbers.push(number);
      continue;
    }
    context.addIssue({
      code: 'custom',
      path: [i],
      message: 'must be a number, "NaN", "Infinity" or "-Infinity"',
    });
    return z.NEVER;
  }
  return numbers;
});

/**
 * Makes a value ready for JSON as Kayenta writes it: NaN and infinities become the strings "NaN", "Infinity" and
 * "-Infinity", and fields that are null or undefined are left out.
 */
export function toCanaryJson(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) {
    return isFiniteNumbers(value) ? value : value.map((item) => toCanaryJson(item) ?? null);
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item != null) out[key] = toCanaryJson(item);
  }
  return out;
}

/** Measurements are mostly such, and need no copy. */
function isFiniteNumbers(values: readonly unknown[]): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}
