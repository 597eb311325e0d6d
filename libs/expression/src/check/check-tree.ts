import { ExpressionError, type ExpressionErrorCode } from '../expression-error.js';
import { functionArity, unknownFunction } from '../functions/call-function.js';
import { nearestName, suggestionText } from '../suggestion.js';
import { walk, type CompoundNode, type ExpressionNode, type FunctionNode } from '../syntax/tree.js';
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
      return parameterProblem(node, facts);
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
  if (!by || argument?.kind !== 'literal' || typeof argument.value !== 'string') return undefined;
  const wanted = argument.value;
  // Synthetic stages come into being only in a run, and ids are known only there.
  if (wanted === '' || (by === 'name' && ULID.test(wanted)) || /[<>]/.test(wanted)) return undefined;
  const matching = facts.stages.flatMap((candidate, index) => (candidate[by] === wanted ? [index] : []));
  const { start } = argument;
  if (matching.length === 0) {
    const known = facts.stages.map((candidate) => candidate[by]).filter((name) => name !== undefined);
    const what = by === 'refId' ? `no stage with the refId \`${wanted}\`` : `no stage \`${wanted}\``;
    return warning(
      'expression.function_failed',
      `the pipeline has ${what}`,
      start,
      nearestName(wanted, known),
    );
  }
  return (
    judgmentProblem(node, facts, matching, start) ?? orderProblem(wanted, facts, { matching, stage, start })
  );
}

function judgmentProblem(
  node: FunctionNode,
  facts: PipelineFacts,
  matching: number[],
  start: number,
): TreeProblem | undefined {
  if (node.name !== 'judgment' && node.name !== 'judgement') return undefined;
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

/** `parameters.x`, `trigger.parameters['x']` and `#root.parameters.x`, where x is not declared. */
function parameterProblem(node: CompoundNode, facts: PipelineFacts): TreeProblem | undefined {
  if (!facts.parameters) return undefined;
  const names = node.parts.map(keyOf);
  const first = node.parts[0];
  const skip = first?.kind === 'variable' && first.name === 'root' ? 1 : 0;
  const at = skip + (names[skip] === 'trigger' ? 1 : 0);
  const part = node.parts[at + 1];
  const name = names[at + 1];
  if (names[at] !== 'parameters' || !part || name === undefined || facts.parameters.includes(name))
    return undefined;
  return warning(
    'expression.unknown_property',
    `the pipeline declares no parameter \`${name}\``,
    part.start,
    nearestName(name, facts.parameters),
  );
}

/** The key that a part of a chain reads, where it is written down. */
function keyOf(part: ExpressionNode): string | undefined {
  if (part.kind === 'property') return part.name;
  if (part.kind !== 'index') return undefined;
  if (part.index.kind === 'property') return part.index.name;
  return part.index.kind === 'literal' && typeof part.index.value === 'string' ? part.index.value : undefined;
}
