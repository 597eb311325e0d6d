import { ExpressionError, type ExpressionErrorCode } from '../expression-error.js';
import { functionArity, unknownFunction } from '../functions/call-function.js';
import { nearestName, suggestionText } from '../suggestion.js';
import {
  walk,
  type CompoundNode,
  type ExpressionNode,
  type FunctionNode,
  type LiteralNode,
} from '../syntax/tree.js';
import { findType, unknownType } from '../types/registry.js';
import type { PipelineFacts, StageFacts } from './pipeline-facts.js';

export interface TreeProblem {
  message: string;
  code: string;
  /** Offset in the expression. */
  start: number;
  suggestion?: string | undefined;
  severity: 'error' | 'warning';
}

/** The problems of one expression that stands in the stage with index `stage`, or outside of the stages. */
export function checkTree(
  tree: ExpressionNode,
  facts: PipelineFacts,
  stage: number | undefined,
): TreeProblem[] {
  const problems: TreeProblem[] = [];
  walk(tree, (node) => {
    const problem = problemOf(node, facts, stage);
    if (problem) problems.push(problem);
  });
  return problems;
}

function problemOf(
  node: ExpressionNode,
  facts: PipelineFacts,
  stage: number | undefined,
): TreeProblem | undefined {
  switch (node.kind) {
    case 'function':
      return functionProblem(node, facts, stage);
    case 'type':
    case 'construct':
    case 'array':
      return findType(node.name) ? undefined : fromError(unknownType(node.name), node.start);
    case 'variable':
      return variableProblem(node.name, node.start);
    case 'compound':
      return parameterProblem(node, facts) ?? selectedStageProblem(node, facts, stage);
    default:
      return undefined;
  }
}

function fromError(error: ExpressionError, start: number): TreeProblem {
  return { message: error.message, code: error.code, start, suggestion: error.suggestion, severity: 'error' };
}

function warning(
  code: ExpressionErrorCode,
  message: string,
  start: number,
  suggestion?: string,
): TreeProblem {
  return { code, message: message + suggestionText(suggestion), start, suggestion, severity: 'warning' };
}

function variableProblem(name: string, start: number): TreeProblem | undefined {
  if (name === 'root' || name === 'this') return undefined;
  return warning(
    'expression.not_resolved',
    `the variable #${name} is always null; a function is called #${name}(…)`,
    start,
  );
}

function functionProblem(
  node: FunctionNode,
  facts: PipelineFacts,
  stage: number | undefined,
): TreeProblem | undefined {
  const arity = functionArity(node.name);
  if (!arity) return fromError(unknownFunction(node.name), node.start);
  const count = node.arguments.length;
  if (count < arity.min || count > arity.max) {
    return fromError(
      new ExpressionError(
        'expression.bad_argument',
        `#${node.name} takes ${arity.min} argument${arity.min === 1 ? '' : 's'}, found ${count}`,
      ),
      node.start,
    );
  }
  return stageProblem(node, facts, stage);
}

/** Functions whose first argument names a stage, and what it is called by. */
const STAGE_REFERENCES: Readonly<Record<string, 'name' | 'refId'>> = {
  stage: 'name',
  stageByRefId: 'refId',
  judgment: 'name',
  judgement: 'name',
  manifestLabelValue: 'name',
  cfServiceKey: 'name',
};

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

function stageProblem(
  node: FunctionNode,
  facts: PipelineFacts,
  stage: number | undefined,
): TreeProblem | undefined {
  const by = Object.hasOwn(STAGE_REFERENCES, node.name) ? STAGE_REFERENCES[node.name] : undefined;
  const [argument] = node.arguments;
  if (!by || argument?.kind !== 'literal') return undefined;
  return (
    referenceProblem(argument, by, facts, stage) ??
    judgmentProblem(node, facts, stagesNamed(textOf(argument), by, facts), argument.start)
  );
}

function stagesNamed(wanted: string | undefined, by: 'name' | 'refId', { stages }: PipelineFacts): number[] {
  return stages.flatMap((candidate, index) => (candidate[by] === wanted ? [index] : []));
}

/** What is wrong with naming a stage here. */
function referenceProblem(
  argument: LiteralNode,
  by: 'name' | 'refId',
  facts: PipelineFacts,
  stage: number | undefined,
): TreeProblem | undefined {
  const wanted = textOf(argument);
  if (wanted === undefined || wanted === '' || facts.isTemplated) return undefined;
  // Synthetic stages come into being only in a run, and ids are known only there.
  if ((by === 'name' && ULID.test(wanted)) || /[<>]/.test(wanted)) return undefined;
  const matching = stagesNamed(wanted, by, facts);
  const { start } = argument;
  if (matching.length > 0) return orderProblem(wanted, facts, { matching, stage, start });
  const known = facts.stages.map((candidate) => candidate[by]).filter((name) => name !== undefined);
  const what = by === 'refId' ? `no stage with the refId \`${wanted}\`` : `no stage \`${wanted}\``;
  return warning('expression.function_failed', `the pipeline has ${what}`, start, nearestName(wanted, known));
}

function judgmentProblem(
  node: FunctionNode,
  facts: PipelineFacts,
  matching: number[],
  start: number,
): TreeProblem | undefined {
  if (node.name !== 'judgment' && node.name !== 'judgement') return undefined;
  if (matching.length === 0) return undefined;
  const types = matching.map((index) => facts.stages[index]?.type);
  if (types.includes('manualJudgment')) return undefined;
  return warning(
    'expression.function_failed',
    `#${node.name} needs a manualJudgment stage, and this is a ${types[0]}`,
    start,
  );
}

function orderProblem(
  wanted: string,
  facts: PipelineFacts,
  place: { matching: number[]; stage: number | undefined; start: number },
): TreeProblem | undefined {
  const { matching, stage, start } = place;
  if (stage === undefined) return undefined;
  const self: StageFacts | undefined = facts.stages[stage];
  if (!self || matching.some((index) => index === stage || self.upstream.has(index))) return undefined;
  return warning(
    'expression.function_failed',
    `the stage \`${wanted}\` does not come before this one, so it may not have run yet; make this stage depend on it`,
    start,
  );
}

/** `parameters.x`, `trigger.parameters['x']` and `#root.execution.trigger.parameters.x`, where x is not declared. */
function parameterProblem(node: CompoundNode, facts: PipelineFacts): TreeProblem | undefined {
  if (facts.isTemplated) return undefined;
  const { names, first } = chainOf(node, ['execution', 'trigger']);
  const [key, name] = names.slice(first);
  const part = node.parts[first + 1];
  if (key !== 'parameters' || !part || name === undefined || facts.parameters.includes(name))
    return undefined;
  return warning(
    'expression.unknown_property',
    `the pipeline declares no parameter \`${name}\``,
    part.start,
    nearestName(name, facts.parameters),
  );
}

/** `execution.stages.?[name == 'x']`, where x does not exist or does not come before. */
function selectedStageProblem(
  node: CompoundNode,
  facts: PipelineFacts,
  stage: number | undefined,
): TreeProblem | undefined {
  const { names, first } = chainOf(node, ['execution']);
  const selection = node.parts[first + 1];
  if (first === 0 || names[first - 1] !== 'execution' || names[first] !== 'stages') return undefined;
  if (selection?.kind !== 'selection' || selection.criteria.kind !== 'binary') return undefined;
  const { operator, left, right } = selection.criteria;
  const by = keyOf(left) ?? (left.kind === 'compound' ? keyOf(left.parts.at(-1)!) : undefined);
  if (operator !== '==' || (by !== 'name' && by !== 'refId')) return undefined;
  return right.kind === 'literal' ? referenceProblem(right, by, facts, stage) : undefined;
}

/** The keys that a chain reads, and the position of the first that is neither `#root` nor one of `skipped`. */
function chainOf(node: CompoundNode, skipped: readonly string[]) {
  const names = node.parts.map(keyOf);
  const [start] = node.parts;
  let first = start?.kind === 'variable' && start.name === 'root' ? 1 : 0;
  while (skipped.includes(names[first] ?? '')) first += 1;
  return { names, first };
}

/** The key that a part of a chain reads, where it is written down. */
function keyOf(part: ExpressionNode): string | undefined {
  if (part.kind === 'property') return part.name;
  if (part.kind === 'method' && part.name === 'get' && part.arguments.length === 1) {
    return part.arguments[0]?.kind === 'literal' ? textOf(part.arguments[0]) : undefined;
  }
  if (part.kind !== 'index') return undefined;
  if (part.index.kind === 'property') return part.index.name;
  return part.index.kind === 'literal' ? textOf(part.index) : undefined;
}

function textOf({ value }: LiteralNode): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
