import { ExpressionError } from '../expression-error.js';
import type { ProjectionNode, SelectionNode } from '../syntax/tree.js';
import { typeNameOf } from '../types/type-name.js';
import { JavaMap, JavaSet, MapEntry, setOwn } from '../values/collection.js';
import { isMap, mapEntries, type MapValue } from '../values/equality.js';
import type { PlainObject, Value } from '../values/value.js';
import type { Evaluate } from './closure.js';
import { describe } from './operators.js';
import { nullError } from './property-access.js';
import { step, type Runtime } from './runtime.js';

/** `.?[…]` keeps the elements that fulfil the criteria, `.^[…]` the first one, `.$[…]` the last one; of maps, entries. */
export function select(runtime: Runtime, target: Value, node: SelectionNode, criteria: Evaluate): Value {
  if (target === null) {
    if (node.nullSafe) return null;
    throw nullError(runtime, 'select from', '');
  }
  if (isMap(target)) return selectEntries(runtime, target, node, criteria);
  const kept: Value[] = [];
  for (const item of elementsOf(target, 'selection')) {
    if (!fulfils(runtime, item ?? null, criteria)) continue;
    if (node.which === 'first') return item ?? null;
    kept.push(item ?? null);
  }
  if (node.which === 'all') return kept;
  return kept.at(-1) ?? null;
}

function selectEntries(runtime: Runtime, target: MapValue, node: SelectionNode, criteria: Evaluate): Value {
  let kept: [Value, Value][] = [];
  for (const [key, value] of mapEntries(target)) {
    if (!fulfils(runtime, new MapEntry(key, value ?? null), criteria)) continue;
    if (node.which === 'last') kept = [];
    kept.push([key, value ?? null]);
    if (node.which === 'first') break;
  }
  if (node.which !== 'all' && kept.length === 0) return null;
  if (target instanceof JavaMap) return JavaMap.of(kept);
  const object: PlainObject = {};
  for (const [key, value] of kept) setOwn(object, String(key), value);
  return object;
}

/** `.![…]`: the value of the inner expression for every element, as a list. */
export function project(runtime: Runtime, target: Value, node: ProjectionNode, inner: Evaluate): Value {
  if (target === null) {
    if (node.nullSafe) return null;
    throw nullError(runtime, 'project', '');
  }
  const items = isMap(target)
    ? Array.from(mapEntries(target), ([key, value]) => new MapEntry(key, value ?? null))
    : elementsOf(target, 'projection');
  const projected: Value[] = [];
  for (const item of items) projected.push(within(runtime, item ?? null, inner));
  return projected;
}

function elementsOf(target: Value, what: string): readonly Value[] {
  if (Array.isArray(target)) return target;
  if (target instanceof JavaSet) return target.items();
  throw new ExpressionError(
    'expression.wrong_type',
    `a ${what} needs a list or map, found ${describe(target)}`,
    {
      found: typeNameOf(target),
    },
  );
}

function fulfils(runtime: Runtime, item: Value, criteria: Evaluate): boolean {
  const result = within(runtime, item, criteria);
  if (typeof result === 'boolean') return result;
  throw new ExpressionError(
    'expression.wrong_type',
    `the criteria of a selection must give true or false, found ${describe(result)}`,
    { found: typeNameOf(result) },
  );
}

/** Evaluates with unqualified names referring to `item`. */
function within(runtime: Runtime, item: Value, inner: Evaluate): Value {
  step(runtime);
  const outer = runtime.self;
  runtime.self = item;
  try {
    return inner(runtime);
  } finally {
    runtime.self = outer;
  }
}
