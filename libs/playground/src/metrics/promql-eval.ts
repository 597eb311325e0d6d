import { canonicalJson } from '@gennaker/kernel';
import {
  arithmetic,
  COMPARISONS,
  quantile,
  RANGE_FUNCTIONS,
  VALUE_FUNCTIONS,
  variance,
} from './promql-functions.js';
import { PromqlError } from './promql-lexer.js';
import type { Expression, Grouping, Matching } from './promql-parser.js';
import type { Labels } from './series.js';
import type { SeriesSource } from './series-source.js';

export interface VectorElement {
  labels: Labels;
  value: number;
}

export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'string'; value: string }
  | { type: 'vector'; elements: VectorElement[] };

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** Evaluates an expression at one instant (milliseconds since the epoch). */
export function evaluate(expression: Expression, source: SeriesSource, time: number): Value {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'string':
      return { type: 'string', value: expression.value };
    case 'selector':
      return selectInstant(expression, source, time);
    case 'negation':
      return mapValue(evaluate(expression.operand, source, time), (value) => -value);
    case 'call':
      return callFunction(expression, source, time);
    case 'aggregation':
      return aggregate(expression, source, time);
    case 'binary':
      return binary(
        expression,
        evaluate(expression.left, source, time),
        evaluate(expression.right, source, time),
      );
  }
}

/** The kind of result that an expression gives, as the HTTP API names it. */
export function isRange(expression: Expression): boolean {
  return expression.kind === 'selector' && expression.rangeMs !== undefined;
}

function selectInstant(selector: Of<'selector'>, source: SeriesSource, time: number): Value {
  if (selector.rangeMs !== undefined) throw new PromqlError('expected type instant vector, got range vector');
  const elements = source.select(selector.name, selector.conditions).flatMap((series) => {
    const sample = source.at(series, time - selector.offsetMs);
    return sample ? [{ labels: series.labels, value: sample.value }] : [];
  });
  return { type: 'vector', elements };
}

function withoutName(labels: Labels): Labels {
  const { __name__: _name, ...rest } = labels;
  return rest;
}

function mapValue(value: Value, change: (value: number) => number): Value {
  if (value.type === 'string') throw new PromqlError('expected a scalar or an instant vector, got a string');
  if (value.type === 'scalar') return { type: 'scalar', value: change(value.value) };
  return {
    type: 'vector',
    elements: value.elements.map(({ labels, value: old }) => ({
      labels: withoutName(labels),
      value: change(old),
    })),
  };
}

function callFunction(call: Of<'call'>, source: SeriesSource, time: number): Value {
  const overRange = RANGE_FUNCTIONS[call.name];
  if (overRange) return callOverRange(call, overRange, source, time);
  const args = call.args.map((argument) => evaluate(argument, source, time));
  const ofValue = VALUE_FUNCTIONS[call.name];
  if (ofValue && args[0]) {
    const parameters = args.slice(1).map(scalarOf);
    return mapValue(args[0], (value) => ofValue(value, ...parameters));
  }
  const other = OTHER_FUNCTIONS[call.name];
  if (!other) throw new PromqlError(`1:1: parse error: unknown function with name "${call.name}"`);
  return other(args[0], time);
}

const elementsOf = (value: Value | undefined): VectorElement[] =>
  value?.type === 'vector' ? value.elements : [];

const OTHER_FUNCTIONS: Readonly<Record<string, (argument: Value | undefined, time: number) => Value>> = {
  time: (_none, time) => ({ type: 'scalar', value: time / 1_000 }),
  vector: (argument) => ({ type: 'vector', elements: [{ labels: {}, value: scalarOf(argument) }] }),
  scalar(argument) {
    const [only, ...others] = elementsOf(argument);
    return { type: 'scalar', value: only && others.length === 0 ? only.value : Number.NaN };
  },
  absent: (argument) => ({
    type: 'vector',
    elements: elementsOf(argument).length === 0 ? [{ labels: {}, value: 1 }] : [],
  }),
  sort: (argument) => ({
    type: 'vector',
    elements: [...elementsOf(argument)].sort((a, b) => a.value - b.value),
  }),
  sort_desc: (argument) => ({
    type: 'vector',
    elements: [...elementsOf(argument)].sort((a, b) => b.value - a.value),
  }),
};

function callOverRange(
  call: Of<'call'>,
  compute: NonNullable<(typeof RANGE_FUNCTIONS)[string]>,
  source: SeriesSource,
  time: number,
): Value {
  const selector = call.args.at(-1);
  if (selector?.kind !== 'selector' || selector.rangeMs === undefined) {
    throw new PromqlError(
      `expected type range vector in call to function "${call.name}", got instant vector`,
    );
  }
  const parameter = call.args.length > 1 && call.args[0] ? scalarOf(evaluate(call.args[0], source, time)) : 0;
  const to = time - selector.offsetMs;
  const from = to - selector.rangeMs;
  const keepsName = call.name === 'last_over_time';
  const elements = source.select(selector.name, selector.conditions).flatMap((series) => {
    const samples = source.between(series, from, to);
    const value = samples.length === 0 ? undefined : compute({ samples, from, to }, parameter);
    return value === undefined
      ? []
      : [{ labels: keepsName ? series.labels : withoutName(series.labels), value }];
  });
  return { type: 'vector', elements };
}

function scalarOf(value: Value | undefined): number {
  if (value?.type !== 'scalar') throw new PromqlError('expected type scalar');
  return value.value;
}

function groupLabels(labels: Labels, grouping: Grouping | undefined): Labels {
  if (!grouping) return {};
  const names = new Set(grouping.labels);
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) =>
      grouping.mode === 'by' ? names.has(name) : name !== '__name__' && !names.has(name),
    ),
  );
}

function aggregate(aggregation: Of<'aggregation'>, source: SeriesSource, time: number): Value {
  const operand = evaluate(aggregation.operand, source, time);
  if (operand.type !== 'vector')
    throw new PromqlError('expected type instant vector in aggregation expression');
  const parameter = aggregation.parameter ? scalarOf(evaluate(aggregation.parameter, source, time)) : 0;
  const groups = new Map<string, { labels: Labels; members: VectorElement[] }>();
  for (const element of operand.elements) {
    const labels = groupLabels(element.labels, aggregation.grouping);
    const key = canonicalJson(labels);
    const group = groups.get(key) ?? { labels, members: [] };
    group.members.push(element);
    groups.set(key, group);
  }
  const elements = [...groups.values()].flatMap(({ labels, members }) => {
    if (aggregation.operator === 'topk' || aggregation.operator === 'bottomk') {
      const sign = aggregation.operator === 'topk' ? -1 : 1;
      return members.sort((a, b) => sign * (a.value - b.value)).slice(0, Math.max(0, parameter));
    }
    const list = members.map((member) => member.value);
    return [{ labels, value: combine(aggregation.operator, list, parameter) }];
  });
  return { type: 'vector', elements };
}

function combine(operator: string, list: number[], parameter: number): number {
  const total = list.reduce((sum, value) => sum + value, 0);
  switch (operator) {
    case 'sum':
      return total;
    case 'avg':
      return total / list.length;
    case 'min':
      return Math.min(...list);
    case 'max':
      return Math.max(...list);
    case 'count':
      return list.length;
    case 'stddev':
      return Math.sqrt(variance(list));
    case 'stdvar':
      return variance(list);
    case 'quantile':
      return quantile(parameter, list);
    default:
      return 1;
  }
}

function binary(expression: Of<'binary'>, left: Value, right: Value): Value {
  const { operator } = expression;
  if (left.type === 'string' || right.type === 'string')
    throw new PromqlError('binary expression must contain only scalar and instant vector types');
  if (['and', 'or', 'unless'].includes(operator)) {
    if (left.type !== 'vector' || right.type !== 'vector') {
      throw new PromqlError(`set operator "${operator}" not allowed in binary scalar expression`);
    }
    return setOperation(operator, left.elements, right.elements, expression.matching);
  }
  if (left.type === 'scalar' && right.type === 'scalar') return scalars(expression, left.value, right.value);
  if (left.type === 'vector' && right.type === 'vector')
    return vectors(expression, left.elements, right.elements);
  const elements = left.type === 'vector' ? left.elements : right.type === 'vector' ? right.elements : [];
  const scalar = left.type === 'scalar' ? left.value : right.type === 'scalar' ? right.value : 0;
  return {
    type: 'vector',
    elements: elements.flatMap((element) => {
      const operands: [number, number] =
        left.type === 'scalar' ? [scalar, element.value] : [element.value, scalar];
      return combinePair(expression, operands, element);
    }),
  };
}

function scalars({ operator, isBool }: Of<'binary'>, left: number, right: number): Value {
  const compare = COMPARISONS[operator];
  if (!compare) return { type: 'scalar', value: arithmetic(operator, left, right) };
  if (!isBool) throw new PromqlError('comparisons between scalars must use BOOL modifier');
  return { type: 'scalar', value: compare(left, right) ? 1 : 0 };
}

/** A comparison keeps or drops the element of the vector side; `bool` turns it into 0 or 1. */
function combinePair(
  { operator, isBool }: Of<'binary'>,
  [left, right]: [number, number],
  element: VectorElement,
): VectorElement[] {
  const compare = COMPARISONS[operator];
  if (!compare) return [{ labels: withoutName(element.labels), value: arithmetic(operator, left, right) }];
  if (isBool) return [{ labels: withoutName(element.labels), value: compare(left, right) ? 1 : 0 }];
  return compare(left, right) ? [element] : [];
}

function matchKey(labels: Labels, matching: Matching | undefined): string {
  const names = new Set(matching?.labels ?? []);
  const kept = Object.entries(labels).filter(([name]) =>
    matching?.mode === 'on' ? names.has(name) : name !== '__name__' && !names.has(name),
  );
  return canonicalJson(Object.fromEntries(kept));
}

function vectors(expression: Of<'binary'>, left: VectorElement[], right: VectorElement[]): Value {
  const partners = new Map<string, VectorElement>();
  for (const element of right) {
    const key = matchKey(element.labels, expression.matching);
    if (partners.has(key))
      throw new PromqlError(
        'found duplicate series for the match group on the right hand-side of the operation; many-to-many matching not allowed',
      );
    partners.set(key, element);
  }
  const used = new Set<string>();
  const elements = left.flatMap((element) => {
    const key = matchKey(element.labels, expression.matching);
    const partner = partners.get(key);
    if (!partner) return [];
    if (used.has(key))
      throw new PromqlError(
        'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
      );
    used.add(key);
    const result = combinePair(expression, [element.value, partner.value], element);
    if (expression.matching?.mode !== 'on' || COMPARISONS[expression.operator]) return result;
    return result.map(({ value }) => ({ labels: JSON.parse(key) as Labels, value }));
  });
  return { type: 'vector', elements };
}

function setOperation(
  operator: string,
  left: VectorElement[],
  right: VectorElement[],
  matching: Matching | undefined,
): Value {
  const keys = (elements: VectorElement[]): Set<string> =>
    new Set(elements.map((element) => matchKey(element.labels, matching)));
  const inRight = keys(right);
  if (operator === 'or') {
    const inLeft = keys(left);
    const extra = right.filter((element) => !inLeft.has(matchKey(element.labels, matching)));
    return { type: 'vector', elements: [...left, ...extra] };
  }
  const wanted = operator === 'and';
  return {
    type: 'vector',
    elements: left.filter((element) => inRight.has(matchKey(element.labels, matching)) === wanted),
  };
}
