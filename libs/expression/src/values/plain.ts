import { HostValue, type Value } from './value.js';
import { visit } from './work-meter.js';

/**
 * The JSON value of a result: dates and numbers in the form that JSON has for them. A value that holds nothing
 * special is returned as it is, not copied, so that a large part of a context can be passed on for nothing.
 */
export function toPlain(value: Value): unknown {
  if (value instanceof HostValue) return value.plain();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  visit();
  if (Array.isArray(value)) return plainList(value);
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const item = value[key] ?? null;
    const plain = toPlain(item);
    if (plain === item || value[key] === undefined) continue;
    copy ??= { ...value };
    copy[key] = plain;
  }
  return copy ?? value;
}

function plainList(list: Value[]): unknown[] {
  let copy: unknown[] | undefined;
  visit(list.length);
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index] ?? null;
    const plain = toPlain(item);
    if (plain === item) continue;
    copy ??= [...list];
    copy[index] = plain;
  }
  return copy ?? list;
}
