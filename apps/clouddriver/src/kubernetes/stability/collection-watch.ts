import { type Manifest, uidOf } from '@gennaker/manifest';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { sleep } from './object-watch.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface Collection {
  kind: string;
  namespace: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/**
 * Keeps `objects` as the cluster has them and calls `onChange` after each change, until `signal` aborts. For what only
 * explains: an account that may not read the kind goes without.
 */
export async function watchCollection(
  client: KubernetesClient,
  collection: Collection,
  objects: Map<string, Manifest>,
  { onChange, signal }: { onChange: () => void; signal: AbortSignal },
): Promise<void> {
  const { kind, ...scope } = collection;
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const page = await client.list(kind, { ...scope, signal });
      objects.clear();
      for (const object of page.items) objects.set(uidOf(object), object);
      onChange();
      pause = FIRST_PAUSE_MS;
      for await (const { type, object } of client.watch(kind, {
        ...scope,
        resourceVersion: page.resourceVersion,
        signal,
      })) {
        if (type === 'BOOKMARK') continue;
        if (type === 'DELETED') objects.delete(uidOf(object));
        else objects.set(uidOf(object), object);
        onChange();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KubernetesApiError && (error.forbidden || error.notFound)) return;
    }
    await sleep(pause, signal).catch(() => undefined);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
