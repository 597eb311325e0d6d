import type { JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import type { Store, StoreEvent } from '../store/store.js';
import { filterOf, parseVersion, type Filter } from './list.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import { badRequest, expired } from './status-error.js';

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: JsonObject;
}

export interface WatchOptions {
  info: ResourceInfo;
  namespace: string | undefined;
  query: URLSearchParams;
  /** Turns a stored object into what the client asked for (version, table, metadata only). */
  present: (object: KubeObject) => JsonObject;
  send: (event: WatchEvent) => void;
  /** Called when nothing more will come. */
  end: () => void;
}

const BOOKMARK_INTERVAL_MS = 10_000;
const DEFAULT_TIMEOUT_S = 1_800;

/**
 * Streams the changes of a resource. Starts with the present objects when no version is given, else with the changes
 * after it, or with 410 Gone when they are forgotten. Returns a function that stops it.
 */
export function startWatch(store: Store, options: WatchOptions): () => void {
  const { info, namespace, query, send, present } = options;
  const filter = filterOf(info, query);
  const scope = info.namespaced ? namespace : undefined;
  const inScope = (object: KubeObject): boolean => !scope || object.metadata.namespace === scope;
  const wantsBookmarks = isTrue(query.get('allowWatchBookmarks'));
  let position = store.version;

  const relay = (event: StoreEvent): void => {
    position = event.version;
    if (event.resource !== info.storage || !inScope(event.object)) return;
    const translated = translate(event, filter);
    if (translated) send({ type: translated.type, object: present(translated.object) });
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    const metadata = {
      resourceVersion: String(position),
      creationTimestamp: null,
      ...(annotations ? { annotations } : {}),
    };
    send({ type: 'BOOKMARK', object: { kind: info.kind, apiVersion: apiVersionOf(info), metadata } });
  };

  const start = startOf(store, query, wantsBookmarks);
  if (start.kind === 'gone') {
    const error = expired(`too old resource version: ${start.version} (${store.compactedVersion})`);
    send({ type: 'ERROR', object: error.body() });
    options.end();
    return () => undefined;
  }
  if (start.kind === 'state') {
    for (const object of store.sorted(info.storage, scope)) {
      if (filter(object)) send({ type: 'ADDED', object: present(object) });
    }
    if (start.marksEnd) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    for (const event of start.events(info.storage)) relay(event);
    position = store.version;
  }

  const unsubscribe = store.subscribe(relay);
  const bookmarks = wantsBookmarks ? setInterval(() => bookmark(), BOOKMARK_INTERVAL_MS) : undefined;
  const timeout = setTimeout(
    () => {
      // A last bookmark lets the client go on exactly where this watch ends.
      if (wantsBookmarks) bookmark();
      options.end();
    },
    timeoutSeconds(query) * 1_000,
  );
  return () => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  };
}

type Start =
  | { kind: 'gone'; version: number }
  | { kind: 'state'; marksEnd: boolean }
  | { kind: 'events'; events: (storage: string) => StoreEvent[] };

function startOf(store: Store, query: URLSearchParams, wantsBookmarks: boolean): Start {
  const text = query.get('resourceVersion');
  if (isTrue(query.get('sendInitialEvents'))) {
    if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
      throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    }
    return { kind: 'state', marksEnd: wantsBookmarks };
  }
  if (!text || text === '0') return { kind: 'state', marksEnd: false };
  const version = parseVersion(text);
  if (version < store.compactedVersion) return { kind: 'gone', version };
  return { kind: 'events', events: (storage) => store.eventsAfter(storage, version) ?? [] };
}

/** An object that enters the selection is added for this client, one that leaves it is deleted. */
function translate(
  event: StoreEvent,
  filter: Filter,
): { type: StoreEvent['type']; object: KubeObject } | undefined {
  const matches = filter(event.object);
  if (event.type === 'ADDED') return matches ? event : undefined;
  const matched = event.previous ? filter(event.previous) : matches;
  if (event.type === 'DELETED') return matched ? event : undefined;
  if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object: event.object };
  return matched ? { type: 'DELETED', object: event.object } : undefined;
}

export function isTrue(text: string | null): boolean {
  return text !== null && ['true', '1', ''].includes(text);
}

function timeoutSeconds(query: URLSearchParams): number {
  const seconds = Number(query.get('timeoutSeconds') ?? DEFAULT_TIMEOUT_S);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 86_400) : DEFAULT_TIMEOUT_S;
}
