import { doubleText, HostValue, type Value } from './value.js';
import { visit, visitText } from './work-meter.js';

/** Java's `String.valueOf(value)`: `[a, b]`, `{a=b}`, `1.0`, `null`. */
export function javaText(value: Value): string {
  if (typeof value === 'string') {
    visitText(value);
    return value;
  }
  visit();
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return numberText(value);
  if (value instanceof HostValue) return value.text();
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}=${javaText(item)}`)
    .join(', ')}}`;
}

function numberText(value: number): string {
  if (!Number.isInteger(value)) return doubleText(value);
  return Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : doubleText(value);
}

/**
 * The text of a value inside a longer text, by the rules of Spring's conversion service: the elements of a list are
 * joined by commas. Undefined for a map, which has no such text.
 */
export function convertedText(value: Value): string | undefined {
  if (Array.isArray(value)) return joinedText(value);
  if (value instanceof HostValue) return value.converted();
  return typeof value === 'object' && value !== null ? undefined : javaText(value);
}

/** The elements' texts, joined by commas; undefined when one of them is a map. */
export function joinedText(list: readonly Value[]): string | undefined {
  const parts: string[] = [];
  for (const item of list) {
    const text = convertedText(item);
    if (text === undefined) return undefined;
    parts.push(text);
  }
  return parts.join(',');
}
