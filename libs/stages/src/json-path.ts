import { isObject } from '@gennaker/kernel';

type Step = { kind: 'key'; key: string } | { kind: 'all' } | { kind: 'deep'; key: string };

const STEP =
  /\.\.([\w$-]+)|\.([\w$-]+|\*)|\[(\d+|-\d+|\*)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/**
 * Reads a value by a JSON path: `$.a.b`, `$['a']`, `$.list[0]`, `$.list[-1]`, `$.list[*].name`, `$..name`. A path with
 * `*` or `..` gives the list of its hits. Undefined where there is nothing; throws for a path that is none.
 */
export function readJsonPath(document: unknown, path: string): unknown {
  const steps = stepsOf(path);
  let values: unknown[] = [document];
  for (const step of steps) values = values.flatMap((value) => take(value, step));
  return steps.some((step) => step.kind !== 'key') ? values : values[0];
}

/**
 * A copy of a document in which the value at a path of keys is another: `$.a[0].b`. What leads there must exist, only
 * the last key may be new. Throws for a path that leads nowhere, or to more than one place.
 */
export function withValueAt(document: unknown, path: string, value: unknown): unknown {
  const keys = stepsOf(path).map((step) => {
    if (step.kind !== 'key') throw new Error(`"${path}" may lead to more than one place`);
    return step.key;
  });
  return replaced(document, keys, value, path);
}

function replaced(within: unknown, [key, ...rest]: string[], value: unknown, path: string): unknown {
  if (key === undefined) return value;
  if (Array.isArray(within) && Number(key) >= 0 && Number(key) < within.length)
    return within.with(Number(key), replaced(within[Number(key)], rest, value, path)) as unknown[];
  if (isObject(within) && (rest.length === 0 || Object.hasOwn(within, key)))
    return { ...within, [key]: replaced(within[key], rest, value, path) };
  throw new Error(`"${path}" leads nowhere: there is no "${key}"`);
}

function stepsOf(path: string): Step[] {
  const text = path.trim();
  if (!text.startsWith('$')) throw new Error(`"${path}" is no JSON path: it must begin with "$"`);
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(text);
    if (match === null) throw new Error(`"${path}" is no JSON path: "${text.slice(at)}" cannot be read`);
    const [, deep, dotted, index, single, double] = match;
    if (deep !== undefined) steps.push({ kind: 'deep', key: deep });
    else if (dotted === '*' || index === '*') steps.push({ kind: 'all' });
    else
      steps.push({ kind: 'key', key: dotted ?? index ?? (single ?? double ?? '').replace(/\\(.)/g, '$1') });
  }
  return steps;
}

function take(value: unknown, step: Step): unknown[] {
  if (step.kind === 'all') return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  if (step.kind === 'deep') return deep(value, step.key);
  if (Array.isArray(value)) {
    const hit: unknown = value.at(Number(step.key));
    return hit === undefined ? [] : [hit];
  }
  return isObject(value) && Object.hasOwn(value, step.key) ? [value[step.key]] : [];
}

function deep(value: unknown, key: string): unknown[] {
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  const own = isObject(value) && Object.hasOwn(value, key) ? [value[key]] : [];
  return [...own, ...inner.flatMap((item) => deep(item, key))];
}
