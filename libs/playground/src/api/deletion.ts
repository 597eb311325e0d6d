import { timestamp, type KubeObject } from '../model/objects.js';
import type { Pod } from '../model/workloads.js';
import { admitDelete } from './admission.js';
import { invalidValue } from './field-errors.js';
import { hasGeneration } from './strategies.js';
import type { ResourceInfo } from './resource-catalog.js';
import { conflict, invalid } from './status-error.js';

export interface DeleteOptions {
  dryRun?: boolean;
  gracePeriodSeconds?: number | undefined;
  propagationPolicy?: string | undefined;
  orphanDependents?: boolean | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
}

export interface DeleteOutcome {
  /** The object is gone; otherwise it waits for its grace period or its finalizers. */
  removed: boolean;
  object: KubeObject;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** Kinds whose dependents stay when the client does not say otherwise, for compatibility with old clients. */
const ORPHANING = new Set(['batch/jobs', '/replicationcontrollers']);

/** What a delete request makes of an object. Pure: the caller stores the outcome. */
export function applyDeletion(
  info: ResourceInfo,
  live: KubeObject,
  options: DeleteOptions,
  now: number,
): DeleteOutcome {
  checkPreconditions(info, live, options);
  admitDelete(info, live.metadata.name);
  const finalizers = finalizersFor(info, live, policyOf(info, options));
  const grace = graceOf(info, live, options);
  const waitsForKubelet = info.storage === '/pods' && grace > 0;
  const waits = finalizers.length > 0 || waitsForKubelet || info.storage === '/namespaces';
  if (!waits) return { removed: true, object: live };
  const known = live.metadata.deletionGracePeriodSeconds;
  const isShorter = known === undefined || (info.storage === '/pods' && grace < known);
  const sameFinalizers = finalizers.length === (live.metadata.finalizers ?? []).length;
  if (live.metadata.deletionTimestamp !== undefined && !isShorter && sameFinalizers) {
    return { removed: false, object: live };
  }
  return {
    removed: false,
    object: markDeleted(info, live, { finalizers, grace: isShorter ? grace : known, now }),
  };
}

function markDeleted(
  info: ResourceInfo,
  live: KubeObject,
  { finalizers, grace, now }: { finalizers: string[]; grace: number; now: number },
): KubeObject {
  const metadata = { ...live.metadata };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  metadata.deletionTimestamp = timestamp(now + grace * 1_000);
  metadata.deletionGracePeriodSeconds = grace;
  if (hasGeneration(info) && live.metadata.deletionTimestamp === undefined) {
    metadata.generation = (metadata.generation ?? 1) + 1;
  }
  const object: KubeObject = { ...live, metadata };
  if (info.storage === '/namespaces') {
    object['status'] = { ...(live['status'] as object | undefined), phase: 'Terminating' };
    delete metadata.deletionGracePeriodSeconds;
  }
  return object;
}

function checkPreconditions(info: ResourceInfo, live: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== live.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
    throw conflict(info, live.metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    const why =
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ` +
      `ResourceVersion in object meta: ${live.metadata.resourceVersion}`;
    throw conflict(info, live.metadata.name, why);
  }
}

function policyOf(info: ResourceInfo, options: DeleteOptions): string {
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined) {
    if (orphanDependents !== undefined) {
      const detail = 'orphanDependents and deletionPropagation cannot be both set';
      throw invalid({ group: '', plural: '', kind: 'DeleteOptions' }, '', [
        invalidValue('propagationPolicy', propagationPolicy, detail),
      ]);
    }
    if (!['Foreground', 'Background', 'Orphan'].includes(propagationPolicy)) {
      throw invalid({ group: '', plural: '', kind: 'DeleteOptions' }, '', [
        {
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
          field: 'propagationPolicy',
        },
      ]);
    }
    return propagationPolicy;
  }
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background';
  return ORPHANING.has(info.storage) ? 'Orphan' : 'Background';
}

function finalizersFor(info: ResourceInfo, live: KubeObject, policy: string): string[] {
  const others = (live.metadata.finalizers ?? []).filter((name) => name !== FOREGROUND && name !== ORPHAN);
  const already = (live.metadata.finalizers ?? []).filter((name) => name === FOREGROUND || name === ORPHAN);
  if (live.metadata.deletionTimestamp !== undefined && already.length > 0) return [...others, ...already];
  if (info.storage === '/namespaces' || info.storage === '/pods') return others;
  if (policy === 'Foreground') return [...others, FOREGROUND];
  if (policy === 'Orphan') return [...others, ORPHAN];
  return others;
}

function graceOf(info: ResourceInfo, live: KubeObject, options: DeleteOptions): number {
  if (info.storage !== '/pods') return 0;
  const pod = live as Pod;
  const isIdle =
    pod.spec.nodeName === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (isIdle) return 0;
  return options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}
