import { isObject } from '@gennaker/kernel';
import { decideRestart } from './commands.js';
import type { EventOf, ExecutionEvent } from './execution-events.js';
import type { Authentication, ExecutionState } from './execution-state.js';
import { topLevelStages } from './graph.js';

/** What a restart may do otherwise than the attempt before. */
export interface RestartChanges {
  /** Stages of the pipeline's configuration by now: preconditions that have changed are taken over. */
  stages?: readonly unknown[];
  /** The stage itself is skipped, and what comes after it runs. */
  skip?: boolean;
}

/**
 * Restarts a stage as {@link decideRestart} does, with what is to be otherwise this time.
 *
 * @throws NotSkippableError where `skip` is asked for a stage that people may not skip
 */
export function decideChangedRestart(
  state: ExecutionState,
  command: Omit<Parameters<typeof decideRestart>[1], 'user'> & { authentication: Authentication },
  { stages = [], skip = false }: RestartChanges,
): ExecutionEvent[] {
  const { authentication } = command;
  const events = decideRestart(state, { ...command, user: authentication.user, skip });
  const changes = events.flatMap((event) =>
    event.type === 'StageRestarted' ? decideNewPreconditions(state, event, { stages, authentication }) : [],
  );
  return [...events, ...changes];
}

/**
 * New preconditions for the stages that a restart runs again, as the pipeline's configuration has them by now. Only
 * checkPreconditions stages take any: what a stage did before is not rewritten.
 *
 * @param stages stages as configurations list them, each with its refId or id
 */
function decideNewPreconditions(
  state: ExecutionState,
  { data: restart }: EventOf<'StageRestarted'>,
  { stages, authentication }: { stages: readonly unknown[]; authentication: Authentication },
): ExecutionEvent[] {
  const resets = new Set(restart.resets);
  const { user, allowedAccounts, roles } = authentication;
  return topLevelStages(state).flatMap((stage): ExecutionEvent[] => {
    if (stage.type !== 'checkPreconditions' || !resets.has(stage.id)) return [];
    const given = stages
      .filter(isObject)
      .find(({ id, refId }) => id === stage.id || (refId !== undefined && String(refId) === stage.refId));
    const { preconditions } = given ?? {};
    if (!Array.isArray(preconditions)) return [];
    if (JSON.stringify(preconditions) === JSON.stringify(stage.config['preconditions'])) return [];
    const data = { stageId: stage.id, at: restart.at, user, allowedAccounts, ...(roles && { roles }) };
    return [{ type: 'StagePatched', data: { ...data, context: { preconditions, lastModifiedBy: user } } }];
  });
}
