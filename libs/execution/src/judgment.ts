import { isDeepStrictEqual } from 'node:util';
import {
  AccessDeniedError,
  ConflictError,
  InvalidInputError,
  isObject,
  type JsonObject,
} from '@gennaker/kernel';
import { isTrue } from './context.js';
import { type Authentication, type ExecutionState, type StageState } from './execution-state.js';
import { ancestorsOf } from './graph.js';

/** Who answers, and what they may. */
export interface Judge {
  user: string;
  roles?: readonly string[] | undefined;
  isAdmin?: boolean | undefined;
}

/** One person's answer to a manual judgment. */
export interface Judgment {
  user: string;
  judgmentStatus: string;
  judgmentInput?: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** Who may judge, how many must, and what they have said: whoever could change it could approve alone. */
const RULES = [
  'alias',
  'selectedStageRoles',
  'requiredJudgmentRoles',
  'requiredApprovals',
  'approverMustDiffer',
  'propagateAuthenticationContext',
  'judgments',
];

/**
 * Adds an answer to those that a judgment has. Throws for one that may not be given: {@link AccessDeniedError} by whom
 * the stage's roles or four eyes exclude, {@link ConflictError} where nobody is asked now, {@link InvalidInputError} for
 * a change of the rules themselves.
 */
export function judged(
  state: ExecutionState,
  stage: StageState,
  patch: JsonObject,
  { judge, now }: { judge: Judge; now: number },
): JsonObject {
  const { judgmentStatus, judgmentInput } = patch;
  if (!isJudgment(stage)) return patch;
  refuseNewRules(stage, patch);
  if (judgmentStatus === undefined || judgmentStatus === '') return patch;
  if (typeof judgmentStatus !== 'string' || !/^(continue|stop)$/i.test(judgmentStatus)) {
    throw new InvalidInputError('execution.judgment_unknown', [
      { path: 'judgmentStatus', message: 'must be "continue" or "stop"' },
    ]);
  }
  if (stage.status !== 'RUNNING') {
    throw new ConflictError(
      'execution.not_waiting_for_judgment',
      `stage ${stage.name} is ${stage.status}: it waits for no judgment`,
    );
  }
  refuseJudge(state, stage, judgmentStatus, judge);
  const judgment: Judgment = {
    user: judge.user,
    judgmentStatus: judgmentStatus.toLowerCase(),
    ...(typeof judgmentInput === 'string' && { judgmentInput }),
    at: now,
  };
  // Whoever answers twice has changed their mind.
  const others = judgmentsOf(stage).filter(({ user }) => user !== judge.user);
  return { ...patch, judgments: [...others, judgment] };
}

/** A stage runs as the type that its `alias` names, if it has one. */
function isJudgment({ type, context: { alias } }: StageState): boolean {
  return (typeof alias === 'string' && alias !== '' ? alias : type) === 'manualJudgment';
}

/** A client that sends back the whole context changes nothing. */
function refuseNewRules(stage: StageState, patch: JsonObject): void {
  const changed = RULES.filter((key) => key in patch && !isDeepStrictEqual(patch[key], stage.context[key]));
  if (changed.length === 0) return;
  const message = 'is fixed once the execution has been submitted: change the pipeline and start it again';
  throw new InvalidInputError(
    'execution.judgment_rules_fixed',
    changed.map((path) => ({ path, message })),
  );
}

function refuseJudge(state: ExecutionState, stage: StageState, status: string, judge: Judge): void {
  const roles = [
    ...rolesIn(stage.context['selectedStageRoles']),
    ...rolesIn(stage.context['requiredJudgmentRoles']),
  ];
  const held = new Set((judge.roles ?? []).map((role) => role.toLowerCase()));
  if (roles.length > 0 && judge.isAdmin !== true && !roles.some((role) => held.has(role.toLowerCase()))) {
    throw new AccessDeniedError(
      'execution.judge_lacks_role',
      `${judge.user} may not judge ${stage.name}: one of the roles ${roles.join(', ')} is needed`,
    );
  }
  const starter = String(state.trigger['user'] ?? state.authentication.user);
  const started = judge.user === state.authentication.user || judge.user === starter;
  if (isTrue(stage.context['approverMustDiffer']) && started && status.toLowerCase() === 'continue') {
    throw new AccessDeniedError(
      'execution.four_eyes',
      `${judge.user} has started the execution: somebody else must approve ${stage.name}`,
    );
  }
}

function rolesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((role) => typeof role === 'string') : [];
}

export function judgmentsOf(stage: StageState): Judgment[] {
  const { judgments } = stage.context;
  return Array.isArray(judgments)
    ? (judgments as unknown[]).filter(isObject).map((one) => one as unknown as Judgment)
    : [];
}

/**
 * On whose behalf a stage acts: the judge of the nearest judgment before it that hands on its authentication, else the
 * one who started the execution.
 */
export function actingAs(state: ExecutionState, stageId: string): Authentication {
  for (const stage of ancestorsOf(state, stageId)) {
    if (!isJudgment(stage) || !isTrue(stage.context['propagateAuthenticationContext'])) continue;
    if (stage.lastModified === undefined || stage.id === stageId) continue;
    const { user, allowedAccounts, roles } = stage.lastModified;
    return { user, allowedAccounts, ...(roles && { roles }) };
  }
  return state.authentication;
}
