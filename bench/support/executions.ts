import { isComplete, submitExecution } from '@gennaker/execution';
import type { Platform } from '@gennaker/platform';

export const authentication = { user: 'bench', allowedAccounts: [] };

/** Submits a pipeline of these stages and gives the id of its execution. */
export async function submit(platform: Platform, stages: object[], application = 'bench'): Promise<string> {
  const event = submitExecution(
    { application, name: 'bench', stages },
    { type: 'PIPELINE', now: Date.now(), ids: platform.ids, authentication, origin: 'api' },
  );
  return (await platform.executions.submit(event, { actor: 'bench' })).id;
}

/** A line of quick stages: one task each. */
export function line(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    refId: String(n),
    type: 'noop',
    requisiteStageRefIds: n === 0 ? [] : [String(n - 1)],
  }));
}

/** What is waited for on a platform, by execution. One listener for all, so that what is measured is the product. */
const waits = new WeakMap<Platform, Map<string, () => void>>();

function waitsOn(platform: Platform): Map<string, () => void> {
  const known = waits.get(platform);
  if (known !== undefined) return known;
  const open = new Map<string, () => void>();
  waits.set(platform, open);
  platform.live.subscribe(({ stream }) => {
    const id = stream.slice('execution-'.length);
    // The bus speaks before the committing worker has remembered the new state.
    if (open.has(id)) setImmediate(() => void look(platform, id));
  });
  return open;
}

async function look(platform: Platform, id: string): Promise<void> {
  const open = waitsOn(platform);
  const state = await platform.executions.recall(id);
  if (!isComplete(state.status)) return;
  open.get(id)?.();
  open.delete(id);
}

/** Resolves when the executions have ended; woken by what the product itself tells. Each is waited for at most once. */
export async function allEnded(platform: Platform, ids: string[]): Promise<void> {
  const open = waitsOn(platform);
  await Promise.all(
    ids.map(async (id) => {
      const ended = new Promise<void>((resolve) => open.set(id, resolve));
      await look(platform, id);
      await ended;
    }),
  );
}
