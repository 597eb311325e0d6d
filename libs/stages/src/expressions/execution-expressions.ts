import {
  ancestorsOf,
  type ExecutionState,
  EXPRESSION_EXCEPTION,
  stageOf,
  stagesOf,
  type StageState,
} from '@gennaker/execution';
import {
  buildExecutionContext,
  evaluateCondition,
  evaluateStageContext,
  evaluateStageEnabled,
  evaluateTree,
  type EvaluationOptions,
  evaluatorVersion,
  type ExecutionContext,
  type ExecutionJson,
  type ExpressionFailure,
  type StageEnabled,
  type TreeResult,
} from '@gennaker/expression';
import { isObject, type JsonObject } from '@gennaker/kernel';
import type { StageDefinition } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { StageExpressionEvaluator, StageExpressions } from '../stage-planner.js';
import type { Effects } from './effects.js';
import { seeded } from './seeded.js';

/**
 * Evaluates the expressions of stages by the pipeline expression language. A stage of the pipeline is evaluated once
 * per attempt, when it starts; what came of it is recorded and never looked at for expressions again. Synthetic stages
 * take what their parent has evaluated.
 */
export class ExecutionExpressions implements StageExpressionEvaluator {
  /**
   * @param fallback what a failing expression means in a pipeline that does not say so itself
   * @param rules whether functions may ask hosts inside
   */
  constructor(
    private readonly fallback: 'strict' | 'lenient' = 'strict',
    private readonly rules: { allowInternalHosts?: boolean } = {},
  ) {}

  evaluate(
    state: ExecutionState,
    stageId: string,
    definition: StageDefinition,
    { now, effects }: { now: number; effects?: Effects },
  ): StageExpressions {
    const stage = stageOf(state, stageId);
    const enabled = this.enabled(state, stage, now, effects);
    if (enabled !== undefined) return enabled;
    if (stage.parentStageId !== undefined) return { kind: 'evaluated', context: {} };
    const own = ownExpressions(stage, definition);
    if (!holdsExpression(own)) return { kind: 'evaluated', context: {} };
    const { root, access } = contextOf(state, stageId);
    const result = evaluateStageContext({ type: stage.type, context: own }, root, {
      ...optionsFor(state, stage, { now, effects }),
      ...this.rules,
      execution: access,
      evaluator: evaluatorVersion(state.spelEvaluator),
    });
    if (result.needs !== undefined) return { kind: 'deferred', needs: result.needs };
    return this.evaluated(state, own, result, { operation: stage.type, now });
  }

  private evaluated(
    state: ExecutionState,
    own: JsonObject,
    result: TreeResult,
    { operation, now }: { operation: string; now: number },
  ): StageExpressions {
    const value = result.value as JsonObject;
    const changed = Object.fromEntries(Object.entries(value).filter(([key, item]) => item !== own[key]));
    // An event must fold to the same state now and for ever: what is kept is what JSON keeps.
    const delta = JSON.parse(JSON.stringify(changed)) as JsonObject;
    const context = {
      ...delta,
      ...(result.errors.length > 0 && { expressionEvaluationSummary: result.summary }),
    };
    if (result.errors.length === 0 || this.isLenient(state)) return { kind: 'evaluated', context };
    return { kind: 'evaluated', context, failure: failureOf(result.errors, operation, now) };
  }

  private enabled(
    state: ExecutionState,
    stage: StageState,
    now: number,
    effects: Effects | undefined,
  ): StageExpressions | undefined {
    const chain = enablingChain(state, stage);
    if (chain.length === 0) return undefined;
    const { root, access } = contextOf(state, stage.id);
    const options = { ...optionsFor(state, stage, { now, effects }), ...this.rules, execution: access };
    const result = evaluateStageEnabled(chain, root, options);
    if (result.needs !== undefined) return { kind: 'deferred', needs: result.needs };
    const errors = result.errors.filter(({ level }) => level === 'ERROR');
    if (errors.length > 0 && !this.isLenient(state)) {
      const named = errors.map((error) => ({ ...error, path: 'stageEnabled.expression' }));
      return { kind: 'evaluated', context: {}, failure: failureOf(named, stage.type, now) };
    }
    return result.value ? undefined : { kind: 'disabled', reason: `stageEnabled gave ${result.text}` };
  }

  private isLenient(state: ExecutionState): boolean {
    return (state.expressions ?? this.fallback) === 'lenient';
  }
}

/** Evaluates a condition in a stage's context, such as a precondition's. */
export function conditionIn(state: ExecutionState, stageId: string, expression: string, given: Given) {
  const { root, access } = contextOf(state, stageId);
  const options = { ...optionsFor(state, stageOf(state, stageId), given), execution: access };
  return evaluateCondition(expression, root, options);
}

/** Evaluates every expression in a value, in a stage's context. */
export function treeIn(state: ExecutionState, stageId: string, tree: unknown, given: Given): TreeResult {
  const { root, access } = contextOf(state, stageId);
  return evaluateTree(tree, root, {
    ...optionsFor(state, stageOf(state, stageId), given),
    execution: access,
  });
}

export interface Given {
  now: number;
  effects?: Effects | undefined;
  allowInternalHosts?: boolean | undefined;
}

function contextOf(state: ExecutionState, stageId: string): ExecutionContext {
  const execution = { ...state, stages: stagesOf(state) } as unknown as ExecutionJson;
  return buildExecutionContext({
    execution,
    stageId,
    lookup: {
      ancestors: (stage) => (stage.id === undefined ? [stage] : jsonOf(ancestorsOf(state, stage.id))),
    },
  });
}

function jsonOf(stages: StageState[]): ExecutionJson['stages'] {
  return stages as unknown as ExecutionJson['stages'];
}

/** Chance and identifiers come from the stage's attempt, so that deciding again gives the same. */
function optionsFor(
  state: ExecutionState,
  stage: StageState,
  { now, effects, allowInternalHosts }: Given,
): EvaluationOptions {
  const { random, uuid } = seeded(`${stage.id}-${stage.attempt}`);
  return {
    now,
    random,
    uuid,
    user: state.authentication.user,
    ...(effects && { effects }),
    ...(allowInternalHosts === true && { allowInternalHosts }),
  };
}

function enablingChain(state: ExecutionState, stage: StageState): StageEnabled[] {
  const chain: StageEnabled[] = [];
  for (let current: StageState | undefined = stage; current !== undefined;) {
    const { stageEnabled } = current.context;
    if (isObject(stageEnabled)) chain.push(stageEnabled);
    current = current.parentStageId === undefined ? undefined : state.stages[current.parentStageId];
  }
  return chain;
}

/** The stage's context without what is evaluated at another time. */
function ownExpressions(stage: StageState, definition: StageDefinition): JsonObject {
  const left = new Set(['stageEnabled', ...(definition.evaluatedLater ?? [])]);
  return Object.fromEntries(Object.entries(stage.context).filter(([key]) => !left.has(key)));
}

function holdsExpression(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (Array.isArray(value)) return value.some(holdsExpression);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => key.includes('${') || holdsExpression(inner));
}

function failureOf(errors: ExpressionFailure[], operation: string, now: number): JsonObject {
  const messages = errors.map(
    ({ path, expression, column, message, found, suggestion }) =>
      `Failed to evaluate [${path}] ${message} (column ${column}, in "${expression}"` +
      `${found === undefined || suggestion !== undefined ? '' : `, found ${found}`})`,
  );
  return exceptionOf(messages, { operation, now, type: EXPRESSION_EXCEPTION });
}
