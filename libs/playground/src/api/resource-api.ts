import { jsonEquals, type Clock, type JsonObject } from '@gennaker/kernel';
import { trackUpdate } from '../apply/managed-fields.js';
import { applyDefaults } from '../defaults/defaults.js';
import { nameSuffix } from '../model/hash.js';
import { timestamp, type KubeObject } from '../model/objects.js';
import type { Schema } from '../schema/schema.js';
import type { Store } from '../store/store.js';
import { validateUpdate } from '../validation/validation.js';
import { admitCreate, requireNamespaceMatch } from './admission.js';
import { convertTo, convertToStorage } from './conversion.js';
import { decodeBody } from './decoding.js';
import { applyDeletion, type DeleteOptions, type DeleteOutcome } from './deletion.js';
import { checkObject, finishCustom } from './object-checks.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import type { ResourceRegistry } from './resource-registry.js';
import { alreadyExists, badRequest, conflict, invalid, notFound, STALE } from './status-error.js';
import {
  changesGeneration,
  hasGeneration,
  prepareCreate,
  prepareUpdate,
  resetStatus,
  tidy,
} from './strategies.js';

export interface WriteOptions {
  fieldManager: string;
  dryRun?: boolean;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** `status`, or undefined for the object itself. */
  subresource?: string | undefined;
  /** Collects what the client should be warned about. */
  warnings?: string[];
}

/** How a writer turns the stored object into the next one. The object given is the stored one: not to be changed. */
export type Change = (live: KubeObject) => KubeObject;

export interface ResourceApiOptions {
  store: Store;
  registry: ResourceRegistry;
  clock: Clock;
  random: () => number;
}

/**
 * Reads and writes objects by the rules of the API server: names, defaults, admission, validation, generation,
 * ownership of fields, graceful deletion and finalizers. Clients and controllers both write through it.
 */
export class ResourceApi {
  readonly store: Store;
  readonly registry: ResourceRegistry;
  private readonly clock: Clock;
  private readonly random: () => number;

  constructor(options: ResourceApiOptions) {
    this.store = options.store;
    this.registry = options.registry;
    this.clock = options.clock;
    this.random = options.random;
  }

  /** The object in the version of `info`; throws NotFound. */
  get(info: ResourceInfo, namespace: string | undefined, name: string): KubeObject {
    return convertTo(info, this.stored(info, namespace, name));
  }

  create(
    info: ResourceInfo,
    namespace: string | undefined,
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const decoded = decodeBody(info, body, this.decodingContext(info, options));
    requireNamespaceMatch(namespace, decoded);
    const object = this.initialise(info, namespace, decoded);
    applyDefaults(info.storage, convertToStorageInPlace(info, object));
    finishCustom(this.registry.customOf(info), object);
    prepareCreate(info, object, this.store);
    tidy(object);
    resetStatus(info, object);
    admitCreate(info, object, this.store);
    checkObject(info, object, this.registry.customOf(info));
    if (this.store.get(info.storage, namespace, object.metadata.name)) {
      throw alreadyExists(info, object.metadata.name);
    }
    object.metadata.managedFields = trackUpdate(
      undefined,
      object,
      this.storageSchema(info),
      this.writer(info, options),
    );
    if (options.dryRun) return convertTo(info, object);
    return convertTo(info, this.store.put(info.storage, object));
  }

  /** Replaces an object, or its status. A stale `resourceVersion` is a conflict. */
  update(
    info: ResourceInfo,
    target: { namespace: string | undefined; name: string },
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const decoded = decodeBody(info, body, this.decodingContext(info, options));
    requireNamespaceMatch(target.namespace, decoded);
    if (decoded.metadata.name !== undefined && decoded.metadata.name !== target.name) {
      const detail = `the name of the object (${decoded.metadata.name}) does not match the name on the URL (${target.name})`;
      throw badRequest(detail);
    }
    return this.change(info, target, () => decoded, options);
  }

  /** Reads, changes and writes in one go; nothing can come between. Fields outside the subresource are kept. */
  change(
    info: ResourceInfo,
    target: { namespace: string | undefined; name: string },
    change: Change,
    options: WriteOptions,
  ): KubeObject {
    const live = this.stored(info, target.namespace, target.name);
    const wanted = change(convertTo(info, live));
    checkPreconditions(info, live, wanted);
    const next = this.merge(info, live, convertToStorage(info, wanted), options);
    return convertTo(info, this.commit(info, live, next, options));
  }

  /** Deletes an object, at once or gracefully. */
  delete(
    info: ResourceInfo,
    target: { namespace: string | undefined; name: string },
    options: DeleteOptions,
  ): DeleteOutcome {
    const live = this.stored(info, target.namespace, target.name);
    const outcome = applyDeletion(info, live, options, this.clock.now());
    if (!options.dryRun) {
      if (outcome.removed) this.store.remove(info.storage, live);
      else if (outcome.object !== live) {
        return { ...outcome, object: convertTo(info, this.store.put(info.storage, outcome.object)) };
      }
    }
    return { ...outcome, object: convertTo(info, outcome.object) };
  }

  writer(info: ResourceInfo, options: WriteOptions): Parameters<typeof trackUpdate>[3] {
    return {
      manager: options.fieldManager,
      apiVersion: apiVersionOf(info),
      subresource: options.subresource,
      now: this.clock.now(),
    };
  }

  storageSchema(info: ResourceInfo): Schema {
    const stored = this.registry.find(info.group, info.storageVersion, info.plural);
    return this.registry.schemaOf(stored ?? info);
  }

  /** A committed object without the bookkeeping of a second comparison; used by apply, which tracks fields itself. */
  commit(info: ResourceInfo, live: KubeObject, next: KubeObject, options: WriteOptions): KubeObject {
    const isGone =
      next.metadata.deletionTimestamp !== undefined &&
      (next.metadata.finalizers ?? []).length === 0 &&
      (next.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
      info.storage !== '/namespaces';
    if (options.dryRun) return next;
    if (isGone) {
      this.store.remove(info.storage, live);
      return next;
    }
    return jsonEquals(live, next) ? live : this.store.put(info.storage, next);
  }

  /** Applies the server's rules to a wished state and records the owner of what changed. */
  merge(info: ResourceInfo, live: KubeObject, wanted: KubeObject, options: WriteOptions): KubeObject {
    const next =
      options.subresource === 'status' ? withStatus(live, wanted) : this.withSpec(info, live, wanted);
    if (options.subresource === undefined || options.subresource === 'scale') {
      checkObject(info, next, this.registry.customOf(info));
      const causes = validateUpdate(info.storage, next, live);
      if (causes.length > 0) throw invalid(info, next.metadata.name, causes);
    }
    const sent = wanted.metadata.managedFields;
    const withSent = Array.isArray(sent)
      ? { ...next, metadata: { ...next.metadata, managedFields: sent } }
      : next;
    next.metadata.managedFields = trackUpdate(
      live,
      withSent,
      this.storageSchema(info),
      this.writer(info, options),
    );
    return next;
  }

  /** The part of an object that a write to the main resource may change, with defaults filled in. */
  withSpec(info: ResourceInfo, live: KubeObject, wanted: KubeObject): KubeObject {
    // The caller's object may share parts with the stored one; what follows writes into its own copy.
    const { metadata: _metadata, status: wantedStatus, ...body } = wanted;
    const status = info.subresources.includes('status') ? live['status'] : structuredClone(wantedStatus);
    const next: KubeObject = {
      ...structuredClone(body),
      apiVersion: wanted.apiVersion,
      kind: wanted.kind,
      metadata: keepServerMetadata(live, wanted),
      ...(status === undefined ? {} : { status }),
    };
    prepareUpdate(info, next, live, this.store);
    applyDefaults(info.storage, next);
    finishCustom(this.registry.customOf(info), next);
    tidy(next);
    if (hasGeneration(info)) {
      const grows = changesGeneration(info, live, next);
      next.metadata.generation = (live.metadata.generation ?? 1) + (grows ? 1 : 0);
    }
    return next;
  }

  private stored(info: ResourceInfo, namespace: string | undefined, name: string): KubeObject {
    const object = this.store.get(info.storage, info.namespaced ? namespace : undefined, name);
    if (!object) throw notFound(info, name);
    return object;
  }

  private initialise(info: ResourceInfo, namespace: string | undefined, body: KubeObject): KubeObject {
    const { metadata } = body;
    const name =
      metadata.name ||
      (metadata.generateName ? metadata.generateName.slice(0, 58) + nameSuffix(this.random) : '');
    const object: KubeObject = {
      ...body,
      metadata: {
        ...metadata,
        name,
        uid: this.uid(),
        resourceVersion: '',
        creationTimestamp: timestamp(this.clock.now()),
        ...(hasGeneration(info) ? { generation: 1 } : {}),
      },
    };
    if (info.namespaced && namespace !== undefined) object.metadata.namespace = namespace;
    else delete object.metadata.namespace;
    delete object.metadata.deletionTimestamp;
    delete object.metadata.deletionGracePeriodSeconds;
    delete object.metadata.managedFields;
    return object;
  }

  private uid(): string {
    const hex = (length: number): string =>
      Array.from({ length }, () => Math.floor(this.random() * 16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  decodingContext(info: ResourceInfo, options: WriteOptions): Parameters<typeof decodeBody>[2] {
    return { schema: this.registry.schemaOf(info), custom: this.registry.customOf(info), options };
  }
}

function convertToStorageInPlace(info: ResourceInfo, object: KubeObject): KubeObject {
  const converted = convertToStorage(info, object);
  if (converted !== object) Object.assign(object, converted);
  return object;
}

function keepServerMetadata(live: KubeObject, wanted: KubeObject): KubeObject['metadata'] {
  const { metadata } = live;
  const next = {
    ...wanted.metadata,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    creationTimestamp: metadata.creationTimestamp,
  };
  for (const field of [
    'namespace',
    'generateName',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
  ] as const) {
    if (metadata[field] === undefined) delete next[field];
    else Object.assign(next, { [field]: metadata[field] });
  }
  return next;
}

/** A write to the status subresource changes status and, as the API server has it, labels and annotations do not. */
function withStatus(live: KubeObject, wanted: KubeObject): KubeObject {
  const next: KubeObject = { ...live, metadata: { ...live.metadata } };
  if (wanted['status'] === undefined) delete next['status'];
  else next['status'] = structuredClone(wanted['status']);
  return next;
}

function checkPreconditions(info: ResourceInfo, live: KubeObject, wanted: KubeObject): void {
  const { resourceVersion, uid } = wanted.metadata;
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(info, live.metadata.name, STALE);
  }
  if (uid && uid !== live.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
    throw conflict(info, live.metadata.name, why);
  }
}
