import { timeLimit } from '@gennaker/kernel';
import { type Manifest } from '@gennaker/manifest';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { type ObjectRef } from '../client/kubernetes-client.types.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * The states of one object, beginning with the present one; undefined while it does not exist. Broken and expired
 * watches are taken up again with a fresh read, so no state that lasts is missed. Ends only by `signal` (which throws
 * its reason), or by an answer that says that reading is not allowed.
 */
export async function* objectStates(
  client: KubernetesClient,
  ref: ObjectRef,
  signal: AbortSignal,
): AsyncGenerator<Manifest | undefined> {
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      for await (const state of watchOnce(client, ref, signal)) {
        pause = FIRST_PAUSE_MS;
        yield state;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!worthAnotherTry(error)) throw error;
    }
    await sleep(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function* watchOnce(
  client: KubernetesClient,
  ref: ObjectRef,
  signal: AbortSignal,
): AsyncGenerator<Manifest | undefined> {
  const fieldSelector = `metadata.name=${ref.name}`;
  const scope = {
    ...(ref.apiVersion === undefined ? {} : { apiVersion: ref.apiVersion }),
    namespace: ref.namespace || client.defaultNamespace,
    fieldSelector,
    signal,
  };
  const page = await client.list(ref.kind, scope);
  yield page.items[0];
  for await (const { type, object } of client.watch(ref.kind, {
    ...scope,
    resourceVersion: page.resourceVersion,
  })) {
    if (type === 'DELETED') yield undefined;
    else if (type !== 'BOOKMARK') yield object;
  }
}

function worthAnotherTry(error: unknown): boolean {
  if (!(error instanceof KubernetesApiError)) return false;
  return error.expired || error.unanswered || error.status >= 500 || error.status === 429;
}

/** Waits until the object is gone, or is another one under the same name. */
export async function untilGone(
  client: KubernetesClient,
  ref: ObjectRef,
  uid: string | undefined,
  options: { signal: AbortSignal; timeoutMs: number },
): Promise<void> {
  const isGone = (state: Manifest | undefined): boolean =>
    state === undefined ||
    (uid !== undefined && (state['metadata'] as { uid?: string } | undefined)?.uid !== uid);
  await untilState(client, ref, isGone, { ...options, waitingFor: `${ref.kind} ${ref.name} to be deleted` });
}

/** The first state that `accept` takes. Throws a timeout that says what was waited for. */
export async function untilState(
  client: KubernetesClient,
  ref: ObjectRef,
  accept: (state: Manifest | undefined) => boolean,
  options: { signal: AbortSignal; timeoutMs: number; waitingFor: string },
): Promise<Manifest | undefined> {
  const limit = timeLimit(options.timeoutMs, options.signal);
  try {
    for await (const state of objectStates(client, ref, limit.signal)) {
      if (accept(state)) return state;
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (!limit.expired()) throw error;
  } finally {
    limit.end();
  }
  throw new KubernetesApiError({
    status: 408,
    reason: 'WaitedTooLong',
    message: `waited ${Math.round(options.timeoutMs / 1000)} s for ${options.waitingFor}`,
  });
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
