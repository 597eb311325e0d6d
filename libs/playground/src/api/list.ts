import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@gennaker/kernel';
import { keyOf, type KubeObject } from '../model/objects.js';
import type { Store } from '../store/store.js';
import { convertTo } from './conversion.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import { parseFieldSelector, parseLabelSelector } from './selectors.js';
import { badRequest, expired, invalid, StatusError } from './status-error.js';

export type Filter = (object: KubeObject) => boolean;

/** The filter that a request's `labelSelector` and `fieldSelector` describe. */
export function filterOf(info: ResourceInfo, query: URLSearchParams): Filter {
  const labels = query.get('labelSelector');
  const fields = query.get('fieldSelector');
  const matchLabels = labels ? parseLabelSelector(labels) : undefined;
  const matchFields = fields ? parseFieldSelector(fields, info.kind) : undefined;
  return (object) =>
    (matchLabels === undefined || matchLabels(object.metadata.labels ?? {})) &&
    (matchFields === undefined || matchFields(object));
}

export interface ListResult {
  version: number;
  items: KubeObject[];
  continueToken: string | undefined;
  remaining: number | undefined;
}

const MAX_PAGED_LISTS = 64;

interface PagedList {
  version: number;
  items: KubeObject[];
}

/** Lists with paging: the pages of one list all come from the same moment. */
export class Lister {
  /** Lists that clients are in the middle of reading, the oldest first. */
  private readonly open = new Map<string, PagedList>();

  constructor(private readonly store: Store) {}

  list(info: ResourceInfo, namespace: string | undefined, query: URLSearchParams): ListResult {
    const limit = parseLimit(query.get('limit'));
    const token = query.get('continue');
    if (token) return this.nextPage(info, token, limit);
    const version = this.versionOf(info, query);
    const filter = filterOf(info, query);
    const all = this.objectsAt(info, namespace, version).filter(filter);
    const isFiltered = query.has('labelSelector') || query.has('fieldSelector');
    return this.page({ version, items: all }, 0, { limit, countsRemaining: !isFiltered });
  }

  /** Forgets the pages that clients have not read yet, as a compaction does. */
  forget(): void {
    this.open.clear();
  }

  private page(
    list: PagedList,
    offset: number,
    { limit, countsRemaining, id }: { limit: number; countsRemaining: boolean; id?: string },
  ): ListResult {
    const end = limit > 0 ? offset + limit : list.items.length;
    const items = list.items.slice(offset, end);
    const remaining = Math.max(0, list.items.length - end);
    if (remaining === 0) {
      if (id !== undefined) this.open.delete(id);
      return { version: list.version, items, continueToken: undefined, remaining: undefined };
    }
    const key = id ?? randomUUID();
    this.open.delete(key);
    this.open.set(key, list);
    if (this.open.size > MAX_PAGED_LISTS) this.open.delete(this.open.keys().next().value as string);
    const continueToken = Buffer.from(
      JSON.stringify({ v: list.version, id: key, at: end, c: countsRemaining }),
    ).toString('base64url');
    return {
      version: list.version,
      items,
      continueToken,
      remaining: countsRemaining ? remaining : undefined,
    };
  }

  private nextPage(info: ResourceInfo, token: string, limit: number): ListResult {
    const { id, at, c } = parseToken(token);
    const list = this.open.get(id);
    if (!list) {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    return this.page(list, at, { limit, countsRemaining: c, id });
  }

  private versionOf(info: ResourceInfo, query: URLSearchParams): number {
    const text = query.get('resourceVersion');
    const match = query.get('resourceVersionMatch');
    if (match && !text) {
      throw invalid({ ...info, kind: 'ListOptions', group: 'meta.k8s.io' }, '', [
        {
          reason: 'FieldValueForbidden',
          message: 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
          field: 'resourceVersionMatch',
        },
      ]);
    }
    const current = this.store.version;
    if (!text || text === '0') return current;
    const version = parseVersion(text);
    if (version > current) {
      throw new StatusError(504, 'Timeout', `Too large resource version: ${version}, current: ${current}`, {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      });
    }
    if (match !== 'Exact') return current;
    if (version < this.store.compactedVersion) {
      throw expired(`The resourceVersion for the provided list is too old.`);
    }
    return version;
  }

  /** The objects as they were: the newest state with the changes since then undone. */
  private objectsAt(info: ResourceInfo, namespace: string | undefined, version: number): KubeObject[] {
    const scope = info.namespaced ? namespace : undefined;
    const now = this.store.sorted(info.storage, scope);
    if (version === this.store.version) return now;
    const objects = new Map(now.map((object) => [keyOf(object), object]));
    for (const event of (this.store.eventsAfter(info.storage, version) ?? []).reverse()) {
      if (scope && event.object.metadata.namespace !== scope) continue;
      if (event.previous) objects.set(keyOf(event.object), event.previous);
      else objects.delete(keyOf(event.object));
    }
    return [...objects.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
}

function parseLimit(text: string | null): number {
  if (!text) return 0;
  const limit = Number(text);
  if (!Number.isInteger(limit)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Math.max(0, limit);
}

export function parseVersion(text: string): number {
  const version = Number(text);
  if (!Number.isInteger(version) || version < 0) {
    throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  }
  return version;
}

function parseToken(token: string): { id: string; at: number; c: boolean } {
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as {
      id: unknown;
      at: unknown;
      c: unknown;
    };
    if (typeof parsed.id === 'string' && typeof parsed.at === 'number') {
      return { id: parsed.id, at: parsed.at, c: parsed.c === true };
    }
  } catch {
    // Falls through to the same answer as a token of the wrong shape.
  }
  throw badRequest('continue key is not valid: illegal base64 data or unknown encoding');
}

/** The list object that goes over the wire. Items carry no kind of their own in a built-in list, as upstream. */
export function listBody(info: ResourceInfo, result: ListResult, listKind: string): JsonObject {
  return {
    kind: listKind,
    apiVersion: apiVersionOf(info),
    metadata: listMetadata(result),
    items: result.items.map((object) => convertTo(info, object)).map((object) => itemOf(info, object)),
  };
}

export function listMetadata(result: ListResult): JsonObject {
  return {
    resourceVersion: String(result.version),
    ...(result.continueToken === undefined ? {} : { continue: result.continueToken }),
    ...(result.remaining === undefined ? {} : { remainingItemCount: result.remaining }),
  };
}

function itemOf(info: ResourceInfo, object: KubeObject): JsonObject {
  if (info.schemaType === undefined) return object;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  return rest;
}
