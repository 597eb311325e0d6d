import { type Authentication, type ExecutionState, submitExecution } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import type { Platform } from '@gennaker/platform';

/** Submits a pipeline of application `demo`, unless it names another, and gives the id of its execution. */
export async function submit(
  platform: Platform,
  pipeline: JsonObject,
  authentication: Authentication = { user: 'ann', allowedAccounts: [] },
): Promise<string> {
  const event = submitExecution(
    { application: 'demo', name: 'p', ...pipeline },
    { type: 'PIPELINE', now: platform.clock.now(), ids: platform.ids, authentication, origin: 'api' },
  );
  return (await platform.executions.submit(event, { actor: authentication.user })).id;
}

/** Resolves with the execution as soon as the condition holds; woken by what the product itself tells. */
export function untilExecution(
  platform: Platform,
  id: string,
  condition: (state: ExecutionState) => boolean,
): Promise<ExecutionState> {
  return new Promise((resolve, reject) => {
    const look = async (): Promise<void> => {
      const state = await platform.executions.find(id);
      if (state === undefined || !condition(state)) return;
      stop();
      resolve(state);
    };
    const stop = platform.live.subscribe(({ stream }) => {
      if (stream === `execution-${id}`) void look().catch(reject);
    });
    void look().catch(reject);
  });
}
