import { isComplete } from '@gennaker/execution';
import type { Platform } from '@gennaker/platform';

/** Resolves when the executions have ended; woken by what the product itself tells. */
export function allEnded(platform: Platform, ids: string[]): Promise<void> {
  const open = new Set(ids);
  return new Promise((resolve, reject) => {
    const look = async (id: string): Promise<void> => {
      // The bus speaks before the committing worker has remembered the new state.
      await new Promise((done) => setImmediate(done));
      const state = await platform.executions.recall(id);
      if (!isComplete(state.status)) return;
      open.delete(id);
      if (open.size === 0) {
        stop();
        resolve();
      }
    };
    const stop = platform.live.subscribe(({ stream }) => {
      const id = stream.slice('execution-'.length);
      if (open.has(id)) void look(id).catch(reject);
    });
    for (const id of ids) void look(id).catch(reject);
  });
}
