import { isObject } from '@gennaker/kernel';
import type { EventOf, ExecutionEvent } from './execution-events.js';
import type { Authentication, ExecutionState } from './execution-state.js';
import { topLevelStages } from './graph.js';

/**
 * New preconditions for the stages that a restart runs again, as the pipeline's configuration has them by now. Only
 * checkPreconditions stages take any: what a stage did before is not rewritten.
 *
 * @param stages stages as configurations list them, each with its refId or id
 */
export function decideNewPreconditions(
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
