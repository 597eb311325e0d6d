import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { parse } from 'yaml';

export type Json = null | boolean | number | string | Json[] | { [field: string]: Json | undefined };
export interface Metadata {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
  managedFields?: { manager: string; operation: string; fieldsV1?: Json; subresource?: string }[];
  [field: string]: unknown;
}
/** An object as the server gave it. Suites look into `spec` and `status` with matchers, or with `at`. */
export interface Resource {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  [field: string]: unknown;
}
export interface ResourceList {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: Resource[];
}
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Resource;
}
/** What a test writes: only the fields it cares for. */
export type Draft = Record<string, unknown>;
type Query = Record<string, string | number | boolean | undefined>;

/** A refusal by the server, with the Status object as `body`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`${status} ${JSON.stringify(body)}`);
  }
}

const connection = connect();

/**
 * Waits until `read` gives what the matcher wants; a refusal counts as "not yet". Unlike `expect.poll` it
 * works in concurrent tests.
 */
export function eventually<T>(read: () => T | Promise<T>, timeout = 30_000) {
  const until = (check: (value: T) => void) =>
    vi.waitFor(async () => check(await read()), { timeout, interval: 50 });
  return {
    toBe: (wanted: unknown) => until((value) => expect(value).toBe(wanted)),
    toEqual: (wanted: unknown) => until((value) => expect(value).toEqual(wanted)),
    toMatchObject: (wanted: object) => until((value) => expect(value).toMatchObject(wanted)),
    toContain: (wanted: unknown) => until((value) => expect(value).toContain(wanted)),
    toHaveLength: (wanted: number) => until((value) => expect(value).toHaveLength(wanted)),
    toSatisfy: (wanted: (value: T) => boolean) =>
      until((value) => expect(wanted(value), JSON.stringify(value).slice(0, 1000)).toBe(true)),
  };
}

/** The value at a dotted path, undefined where there is none. */
export function at(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

/** One HTTP exchange. Bodies other than strings are sent as JSON. */
export async function send(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: {
    body?: unknown;
    type?: string;
    accept?: string;
    query?: Query;
    headers?: Record<string, string>;
  } = {},
): Promise<{
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  body: unknown;
}> {
  const body =
    typeof options.body === 'string' || options.body === undefined
      ? options.body
      : JSON.stringify(options.body);
  const answer = await request(connection.server + path + queryText(options.query), {
    dispatcher: connection.agent,
    method,
    body: body ?? null,
    headers: {
      ...connection.headers,
      accept: options.accept ?? 'application/json',
      ...(body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      ...options.headers,
    },
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, body: parsed(text) };
}

/** The answer's object, or a thrown Refusal. */
export async function call<T = Resource>(...args: Parameters<typeof send>): Promise<T> {
  const { status, body } = await send(...args);
  if (status >= 300) throw new Refusal(status, body);
  return body as T;
}

export const patchType = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The verbs of one resource type, in one namespace or cluster-wide. */
export class ResourceClient {
  readonly path: string;

  constructor(
    readonly groupVersion: string,
    readonly plural: string,
    namespace?: string,
  ) {
    const root = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    this.path = `${root}${namespace ? `/namespaces/${namespace}` : ''}/${plural}`;
  }

  create(draft: Draft, query?: Query): Promise<Resource> {
    return call('POST', this.path, { body: draft, query });
  }
  get(name: string, subresource = ''): Promise<Resource> {
    return call('GET', this.at(name, subresource));
  }
  list(query?: Query): Promise<ResourceList> {
    return call('GET', this.path, { query });
  }
  replace(name: string, body: Draft, query?: Query, subresource = ''): Promise<Resource> {
    return call('PUT', this.at(name, subresource), { body, query });
  }
  patch(
    name: string,
    body: unknown,
    type: keyof typeof patchType = 'merge',
    query?: Query,
    subresource = '',
  ): Promise<Resource> {
    return call('PATCH', this.at(name, subresource), { body, type: patchType[type], query });
  }
  apply(name: string, body: Draft, fieldManager: string, query?: Query): Promise<Resource> {
    return this.patch(name, body, 'apply', { fieldManager, ...query });
  }
  remove(name: string, options?: Draft, query?: Query): Promise<Resource> {
    return call('DELETE', this.at(name), { body: options, query });
  }
  removeAll(query: Query): Promise<unknown> {
    return call('DELETE', this.path, { query });
  }
  /** 200 while it is there, 404 when it is gone. */
  async presence(name: string): Promise<number> {
    return (await send('GET', this.at(name))).status;
  }
  async names(query?: Query): Promise<string[]> {
    return (await this.list(query)).items.map((item) => item.metadata.name).sort();
  }
  at(name: string, subresource = ''): string {
    return `${this.path}/${name}${subresource ? `/${subresource}` : ''}`;
  }
  watch(query: Query = {}): Promise<Watch> {
    return openWatch(this.path, query);
  }
}

/** An open watch, read event by event. */
export class Watch implements AsyncDisposable {
  readonly events: WatchEvent[] = [];
  ended = false;
  readonly #abort: AbortController;

  constructor(body: AsyncIterable<Buffer>, abort: AbortController) {
    this.#abort = abort;
    void this.#read(body);
  }

  /** The types and names seen so far, such as `ADDED web`. */
  get story(): string[] {
    return this.events.map((event) => `${event.type} ${event.object.metadata?.name ?? ''}`.trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
  }

  async #read(body: AsyncIterable<Buffer>): Promise<void> {
    let rest = '';
    try {
      for await (const chunk of body) {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines.filter(Boolean)) this.events.push(JSON.parse(line) as WatchEvent);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
    this.ended = true;
  }
}

async function openWatch(path: string, query: Query): Promise<Watch> {
  const abort = new AbortController();
  const answer = await request(connection.server + path + queryText({ watch: true, ...query }), {
    dispatcher: connection.agent,
    headers: { ...connection.headers, accept: 'application/json' },
    signal: abort.signal,
    bodyTimeout: 0,
  });
  if (answer.statusCode !== 200) throw new Refusal(answer.statusCode, parsed(await answer.body.text()));
  return new Watch(answer.body, abort);
}

/** Opens a response that goes on, such as a followed log; `text()` is what came so far. */
export async function openStream(path: string, query: Query) {
  const abort = new AbortController();
  const answer = await request(connection.server + path + queryText(query), {
    dispatcher: connection.agent,
    headers: connection.headers,
    signal: abort.signal,
    bodyTimeout: 0,
  });
  const state = { text: '', ended: false };
  void (async () => {
    try {
      for await (const chunk of answer.body) state.text += (chunk as Buffer).toString('utf8');
    } catch {
      // Closed by the test.
    }
    state.ended = true;
  })();
  return { status: answer.statusCode, state, close: () => abort.abort() };
}

/** Whether the server serves a resource type, such as `served('policy/v1', 'poddisruptionbudgets')`. */
export async function served(groupVersion: string, plural: string): Promise<boolean> {
  const root = groupVersion.includes('/') ? '/apis/' : '/api/';
  const { status, body } = await send('GET', root + groupVersion);
  const resources = status === 200 ? (body as { resources: { name: string }[] }).resources : [];
  return resources.some(({ name }) => name === plural);
}

/** The first of the versions that the server serves. */
export async function servedVersion(versions: string[], plural: string): Promise<string | undefined> {
  for (const version of versions) if (await served(version, plural)) return version;
  return undefined;
}

/**
 * The name of a namespace of this suite's own: made, and ready for pods, before its tests, removed after
 * them. The deletion is not waited for: each suite has another namespace.
 */
export function ownNamespace(): string {
  const name = `contract-${randomBytes(4).toString('hex')}`;
  beforeAll(() => createNamespace(name));
  afterAll(async () => {
    await new ResourceClient('v1', 'namespaces').remove(name);
  });
  return name;
}

/** A server with service accounts refuses pods until the namespace has got its default one. */
export async function createNamespace(name: string): Promise<void> {
  await new ResourceClient('v1', 'namespaces').create({ metadata: { name } });
  const pods = new ResourceClient('v1', 'pods', name);
  const probe = { metadata: { name: 'probe' }, spec: { containers: [{ name: 'probe', image: 'probe' }] } };
  await vi.waitFor(() => pods.create(probe, { dryRun: 'All' }), { timeout: 30_000, interval: 50 });
}

function queryText(query: Query = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, string] => [key, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Kubeconfig {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { name: string; user: Record<string, string> }[];
}

function connect() {
  const file = process.env.KUBECONFIG;
  if (!file) throw new Error('KUBECONFIG must name the cluster that the contract is checked on.');
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig;
  const context = config.contexts.find(({ name }) => name === config['current-context'])?.context;
  const target = config.clusters.find(({ name }) => name === context?.cluster)?.cluster ?? {};
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {};
  const pem = (from: Record<string, string>, field: string) => {
    const data = from[`${field}-data`];
    return data ? Buffer.from(data, 'base64') : from[field] && readFileSync(from[field]);
  };
  const ca = pem(target, 'certificate-authority');
  const cert = pem(user, 'client-certificate');
  const key = pem(user, 'client-key');
  const agent = new Agent({
    connections: 100,
    connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  });
  const headers: Record<string, string> = user.token ? { authorization: `Bearer ${user.token}` } : {};
  return { server: (target.server ?? '').replace(/\/$/, ''), agent, headers };
}
