import type { ApiResource, Discovered } from './api-discovery.js';
import { METADATA_LIST, collectionPath, logRequest, sending } from './api-requests.js';
import { KindCatalog } from './kind-catalog.js';
import type { ClusterAccess } from './kube-config.js';
import { KubernetesApiError, errorFromResponse, isNotFound } from './kubernetes-error.js';
import { lines } from './lines.js';
import type {
  KubernetesObject,
  ListOptions,
  LogOptions,
  ObjectPage,
  ObjectRef,
  ReadOptions,
  WatchEvent,
  WatchOptions,
} from './kubernetes-client.types.js';
import {
  KubernetesTransport,
  type ApiRequest,
  type ApiResponse,
  type TransportOptions,
} from './kubernetes-transport.js';

export interface KubernetesClientOptions extends Partial<TransportOptions> {
  /** How long what the server said about its kinds is believed, in milliseconds. */
  discoveryTtlMs?: number;
}

const PAGE = 500;
const WATCH_SECONDS = 300;

/**
 * Reading from one cluster: its kinds, objects, lists, watches and logs. A kind is named as people name it
 * (`Deployment`, `deploy`, `rollouts.argoproj.io`), with or without an apiVersion; discovery tells where it lives.
 */
export class KubernetesReader {
  readonly transport: KubernetesTransport;
  private readonly kinds: KindCatalog;

  constructor(
    readonly access: ClusterAccess,
    options: KubernetesClientOptions = {},
  ) {
    this.transport = new KubernetesTransport(access, options);
    this.kinds = new KindCatalog(this.transport, options.discoveryTtlMs);
  }

  /** Where objects without a namespace go. */
  get defaultNamespace(): string {
    return this.access.defaultNamespace;
  }

  // ---- kinds -------------------------------------------------------------------------------------------------------

  /** Every kind the server serves, in every version. */
  resources(signal?: AbortSignal): Promise<ApiResource[]> {
    return this.kinds.all(signal);
  }

  /** Every kind, and the groups that could not be read. Reads afresh after {@link invalidateDiscovery}. */
  discover(signal?: AbortSignal): Promise<Discovered> {
    return this.kinds.discovered(signal);
  }

  /** The kind, or undefined when the server does not serve it (after one fresh look). */
  findResource(kind: string, apiVersion?: string, signal?: AbortSignal): Promise<ApiResource | undefined> {
    return this.kinds.find(kind, apiVersion, signal);
  }

  /** @throws KubernetesApiError `NotFound` with `details.unknownKind` when the server does not serve the kind. */
  resource(kind: string, apiVersion?: string, signal?: AbortSignal): Promise<ApiResource> {
    return this.kinds.get(kind, apiVersion, signal);
  }

  /** Makes the next look-up ask the server again. Called when CustomResourceDefinitions or APIServices change. */
  invalidateDiscovery(): void {
    this.kinds.invalidate();
  }

  // ---- reading -----------------------------------------------------------------------------------------------------

  async get<T extends KubernetesObject = KubernetesObject>(
    ref: ObjectRef,
    options: ReadOptions = {},
  ): Promise<T> {
    const path = await this.objectPath(ref, options);
    const { resourceVersion } = options;
    return this.json<T>({ method: 'GET', path, query: { resourceVersion }, ...sending(options) });
  }

  /** Like `get`, with undefined for an object (or a kind) that is not there. */
  async find<T extends KubernetesObject = KubernetesObject>(
    ref: ObjectRef,
    options: ReadOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(ref, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One page of a list: of one namespace, or of all when `namespace` is left out. */
  async list<T extends KubernetesObject = KubernetesObject>(
    kind: string,
    options: ListOptions = {},
  ): Promise<ObjectPage<T>> {
    const resource = await this.resource(kind, options.apiVersion, options.signal);
    const body = await this.json<{
      metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
      items?: T[] | null;
    }>({
      method: 'GET',
      path: collectionPath(resource, options.namespace),
      query: {
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        limit: options.limit ?? PAGE,
        continue: options.continue,
        resourceVersion: options.continue === undefined ? options.resourceVersion : undefined,
        resourceVersionMatch: options.continue === undefined ? options.resourceVersionMatch : undefined,
      },
      accept: options.metadataOnly === true ? METADATA_LIST : undefined,
      ...sending(options),
    });
    const items = body.items ?? [];
    // A list says its kind once, for all; an object alone must know it.
    for (const item of items) {
      item.apiVersion = resource.apiVersion;
      item.kind = resource.kind;
    }
    return {
      items,
      resourceVersion: body.metadata?.resourceVersion ?? '',
      continue: body.metadata?.continue || undefined,
      remaining: body.metadata?.remainingItemCount,
    };
  }

  /**
   * All pages of a list, one by one. A list that takes so long that its continue token expires throws `expired` (410):
   * the caller decides whether to begin again.
   */
  async *pages<T extends KubernetesObject = KubernetesObject>(
    kind: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectPage<T>> {
    let token = options.continue;
    do {
      const page = await this.list<T>(kind, { ...options, continue: token });
      yield page;
      token = page.continue;
    } while (token !== undefined);
  }

  /** The whole list in memory. For bounded lists only: the objects of one owner, of one label. */
  async listAll<T extends KubernetesObject = KubernetesObject>(
    kind: string,
    options: ListOptions = {},
  ): Promise<T[]> {
    const items: T[] = [];
    for await (const page of this.pages<T>(kind, options)) items.push(...page.items);
    return items;
  }

  /**
   * What changes from `resourceVersion` on, until the server ends the watch (then ask again from the last version seen)
   * or the signal aborts it. Throws `expired` when the version is too old: list again.
   */
  async *watch<T extends KubernetesObject = KubernetesObject>(
    kind: string,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const resource = await this.resource(kind, options.apiVersion, options.signal);
    const seconds = options.timeoutSeconds ?? WATCH_SECONDS;
    const request: ApiRequest = {
      method: 'GET',
      path: collectionPath(resource, options.namespace),
      query: {
        watch: true,
        allowWatchBookmarks: options.bookmarks ?? true,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        resourceVersion: options.resourceVersion,
        resourceVersionMatch: options.sendInitialEvents === true ? 'NotOlderThan' : undefined,
        sendInitialEvents: options.sendInitialEvents,
        timeoutSeconds: seconds,
      },
      signal: options.signal,
    };
    // The server ends an idle watch at its time-out; silence beyond that means that the connection is dead.
    const body = await this.transport.stream(request, (seconds + 15) * 1000);
    options.onOpen?.();
    try {
      for await (const line of lines(body)) {
        if (line === '') continue;
        const event = JSON.parse(line) as { type: string; object: T };
        if (event.type === 'ERROR') {
          const status = (event.object as { code?: number }).code ?? 500;
          throw errorFromResponse(status, JSON.stringify(event.object));
        }
        yield event as WatchEvent<T>;
      }
    } catch (error) {
      throw this.transport.translate(error, request);
    }
  }

  // ---- logs and the rest -------------------------------------------------------------------------------------------

  /** The log of one container, cut by the options. */
  async logs(pod: { namespace: string; name: string }, options: LogOptions = {}): Promise<string> {
    const response = await this.transport.send({ ...logRequest(pod, options), ...sending(options) });
    return response.text;
  }

  /** The log of one container line by line, as it is written, until the container ends or the signal aborts. */
  async *followLogs(
    pod: { namespace: string; name: string },
    options: LogOptions & { idleMs?: number } = {},
  ): AsyncGenerator<string> {
    const request = logRequest(pod, options);
    request.query = { ...request.query, follow: true };
    request.signal = options.signal;
    const body = await this.transport.stream(request, options.idleMs ?? 0);
    try {
      yield* lines(body, 1024 * 1024, 'split');
    } catch (error) {
      throw this.transport.translate(error, request);
    }
  }

  /** A request to any path, for what has no kind: `/version`, `/openapi/v2`, metrics. */
  raw(request: ApiRequest): Promise<ApiResponse> {
    return this.transport.send(request);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  protected async json<T>(request: ApiRequest): Promise<T> {
    const { text } = await this.transport.send(request);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new KubernetesApiError({
        status: 502,
        reason: 'BadAnswer',
        message: `${request.method} ${request.path}: the answer is not JSON`,
        cause: error,
      });
    }
  }

  protected async objectPath(
    ref: ObjectRef,
    options: { subresource?: string; signal?: AbortSignal },
  ): Promise<string> {
    const resource = await this.resource(ref.kind, ref.apiVersion, options.signal);
    const namespace = resource.namespaced ? ref.namespace || this.defaultNamespace : undefined;
    const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(ref.name)}`;
    return options.subresource === undefined ? path : `${path}/${options.subresource}`;
  }
}
