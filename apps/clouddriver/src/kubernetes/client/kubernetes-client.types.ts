export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMetadata {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string | null;
  deletionTimestamp?: string;
  labels?: Record<string, string> | null;
  annotations?: Record<string, string> | null;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
  [key: string]: unknown;
}

/** Any object of any kind. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: ObjectMetadata;
  spec?: unknown;
  status?: unknown;
  [key: string]: unknown;
}

/** Names one object. Without an apiVersion the server's preferred version; without a namespace the context's. */
export interface ObjectRef {
  apiVersion?: string;
  /** Kind, plural or short name, with or without `.group`. */
  kind: string;
  namespace?: string;
  name: string;
}

interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds for one try. */
  timeoutMs?: number;
}

export interface ReadOptions extends CallOptions {
  /** `scale`, `status`, … */
  subresource?: string;
  resourceVersion?: string;
}

export interface ListOptions extends CallOptions {
  apiVersion?: string;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page. */
  limit?: number;
  continue?: string;
  /** `0` allows an answer from the server's cache. */
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  /** Asks for `metadata` alone. */
  metadataOnly?: boolean;
}

export interface ObjectPage<T> {
  items: T[];
  /** The version to watch from. */
  resourceVersion: string;
  /** Asks for the next page; undefined on the last. */
  continue: string | undefined;
  /** How many objects are left, if the server says. */
  remaining: number | undefined;
}

export interface WatchOptions extends Pick<
  ListOptions,
  'apiVersion' | 'namespace' | 'labelSelector' | 'fieldSelector' | 'resourceVersion' | 'signal'
> {
  /** Bookmarks tell the version while nothing changes. On by default. */
  bookmarks?: boolean;
  /** Lists first, inside the watch (1.32 and later by default). */
  sendInitialEvents?: boolean;
  /** After which the server ends the watch. */
  timeoutSeconds?: number;
  /** Called when the server has accepted the watch, which may be long before it has anything to tell. */
  onOpen?: () => void;
}

export interface WatchEvent<T> {
  /** A `BOOKMARK` has only a `metadata.resourceVersion`. */
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

export type PatchType = 'json' | 'merge' | 'strategic';

export interface WriteOptions extends CallOptions {
  subresource?: string;
  /** For objects that name none. */
  namespace?: string;
  fieldManager?: string;
  /** Goes through admission and validation on the server, and changes nothing. */
  dryRun?: boolean;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Takes fields from their other managers. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  subresource?: string;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  /** Deletes only this very object. */
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface LogOptions extends CallOptions {
  container?: string;
  /** The log of the container that ran before the last restart. */
  previous?: boolean;
  tailLines?: number;
  limitBytes?: number;
  sinceSeconds?: number;
  timestamps?: boolean;
}
