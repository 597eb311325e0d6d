import { ExpressionError } from '../expression-error.js';
import { DEFAULT_LIMITS, type ExpressionLimits } from '../limits.js';
import { parseExpression } from '../syntax/parser.js';
import { splitTemplate } from '../syntax/template-parser.js';
import { jsonPath } from '../template/evaluate-tree.js';
import { checkTree, type TreeProblem } from './check-tree.js';
import { pipelineFacts, type PipelineFacts } from './pipeline-facts.js';

/** Something about an expression that is wrong, or likely to be, before the pipeline has run. */
export interface ExpressionProblem {
  /** JSON path in the pipeline: `stages[2].manifests[0].kind`. */
  path: string;
  /** The expression without `${` and `}`. */
  expression: string;
  /** Where in the text, from 1. */
  column: number;
  message: string;
  code: string;
  suggestion?: string;
  /**
   * error: the stage fails in every run. warning: it fails unless the run brings what is missing; or nothing fails, because
   * the pipeline is lenient or the expression stands outside of the stages.
   */
  severity: 'error' | 'warning';
}

const MAX_PROBLEMS = 500;
const MAX_DEPTH = 500;

interface Check {
  facts: PipelineFacts;
  limits: ExpressionLimits;
  path: (string | number)[];
  problems: ExpressionProblem[];
  /** Index of the stage that is being looked at. */
  stage: number | undefined;
}

/**
 * Looks through a pipeline's JSON for expressions and says what is wrong with them: syntax, unknown functions and types,
 * wrong numbers of arguments, stages that do not exist or do not come before, parameters that are not declared.
 */
export function checkPipeline(
  pipeline: Readonly<Record<string, unknown>>,
  options: { limits?: Partial<ExpressionLimits>; lenientByDefault?: boolean } = {},
): ExpressionProblem[] {
  const check: Check = {
    facts: pipelineFacts(pipeline, options.lenientByDefault),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    path: [],
    problems: [],
    stage: undefined,
  };
  visit(check, pipeline);
  return check.problems;
}

function visit(check: Check, value: unknown): void {
  if (check.problems.length >= MAX_PROBLEMS || check.path.length > MAX_DEPTH) return;
  if (typeof value === 'string') checkText(check, value);
  else if (Array.isArray(value)) value.forEach((item, index) => visitAt(check, index, item));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key.includes('${')) {
        check.path.push(key);
        checkText(check, key);
        check.path.pop();
      }
      visitAt(check, key, item);
    }
  }
}

function visitAt(check: Check, key: string | number, value: unknown): void {
  check.path.push(key);
  const isStage = check.path.length === 2 && check.path[0] === 'stages' && typeof key === 'number';
  if (isStage) check.stage = key;
  if (typeof value === 'string' && isBareCondition(check)) checkBare(check, value);
  else if (!isLeftAlone(check, key)) visit(check, value);
  if (isStage) check.stage = undefined;
  check.path.pop();
}

/** Manifests that a stage under v4 takes as they are. */
function isLeftAlone({ facts, path, stage }: Check, key: string | number): boolean {
  if (!facts.isV4 || stage === undefined || path.length !== 3 || key !== 'manifests') return false;
  return facts.stages[stage]?.skipsManifests === true;
}

/** Conditions are written without `${` and `}`. */
function isBareCondition({ facts, path, stage }: Check): boolean {
  if (stage === undefined || path.at(-1) !== 'expression') return false;
  const parent = path.at(-2);
  if (parent === 'stageEnabled') return true;
  if (parent === 'context') return path.includes('preconditions') || path.includes('conditions');
  return path.length === 3 && facts.stages[stage]?.type === 'waitForCondition';
}

function checkBare(check: Check, text: string): void {
  if (text.includes('${')) checkText(check, text);
  else if (text.trim() !== '') checkExpression(check, text.trim(), text.length - text.trimStart().length);
}

function checkText(check: Check, text: string): void {
  if (!text.includes('${')) return;
  try {
    for (const part of splitTemplate(text)) {
      if ('source' in part) checkExpression(check, part.source, part.start);
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    report(check, text, 0, fromError(error));
  }
}

function checkExpression(check: Check, source: string, offset: number): void {
  try {
    const tree = parseExpression(source, check.limits);
    for (const problem of checkTree(tree, check.facts, check.stage)) report(check, source, offset, problem);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    report(check, source, offset, fromError(error));
  }
}

function fromError(error: ExpressionError): TreeProblem {
  return {
    message: error.message,
    code: error.code,
    start: error.start ?? 0,
    suggestion: error.suggestion,
    severity: 'error',
  };
}

/** Only in a stage of a strict pipeline does an expression that cannot be evaluated stop anything. */
function isFatal({ facts, stage }: Check): boolean {
  return stage !== undefined && !facts.isLenient;
}

function report(check: Check, expression: string, offset: number, problem: TreeProblem): void {
  check.problems.push({
    path: jsonPath(check.path),
    expression,
    column: offset + problem.start + 1,
    message: problem.message,
    code: problem.code,
    ...(problem.suggestion === undefined ? {} : { suggestion: problem.suggestion }),
    severity: isFatal(check) ? problem.severity : 'warning',
  });
}
