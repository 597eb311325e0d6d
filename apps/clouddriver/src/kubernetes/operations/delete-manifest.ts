import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import {
  fullResourceName,
  labelSelectorsSchema,
  labelSelectorText,
  metadataOf,
  namespaceOf,
  nameOf,
  parseFullResourceName,
  parseKind,
  printKind,
  uidOf,
} from '@gennaker/manifest';
import { z } from 'zod';
import { type StepResult } from '../../operations/operation-context.js';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { type DeleteOptions, type ObjectRef } from '../client/kubernetes-client.types.js';
import { inWords, KubernetesApiError } from '../client/kubernetes-error.js';
import { untilGone } from '../stability/object-watch.js';
import { guardObjects } from './traffic-guard.js';
import {
  baseDescription,
  type KubernetesOperation,
  type KubernetesRun,
  listOf,
  location,
  type NamedTarget,
} from './kubernetes-operation.js';

const PHASE = 'DELETE_KUBERNETES_MANIFEST';
/** Finalizers and grace periods may hold an object back for so long. */
const GONE_TIMEOUT_MS = 10 * 60_000;

const option = z.union([z.boolean(), z.string(), z.number()]).nullish();

const deleteOptionsSchema = z
  .object({ cascading: option, orphanDependents: option, gracePeriodSeconds: option })
  .nullish()
  .transform((options) => options ?? {});

export const deleteManifestSchema = baseDescription.extend({
  manifestName: z.string().nullish(),
  location,
  kinds: listOf(z.string().trim().min(1)),
  labelSelectors: labelSelectorsSchema.nullish().transform((value) => value ?? { selectors: [] }),
  options: deleteOptionsSchema,
});

export type DeleteManifest = z.output<typeof deleteManifestSchema>;

interface Doomed extends JsonObject {
  apiVersion: string;
  kind: string;
  /** `deployment web` */
  fullName: string;
  namespace: string;
  name: string;
  uid: string;
}

export const deleteManifest: KubernetesOperation<DeleteManifest> = {
  kind: 'deleteManifest',
  schema: deleteManifestSchema,
  targets: (description) => targetsOf(description),
  check: (description) => {
    propagationOf(description.options);
    if (description.manifestName || description.kinds.length > 0) return;
    throw new InvalidInputError('operation.invalid', [
      { path: 'manifestName', message: 'is missing: name an object, or give kinds and labelSelectors' },
    ]);
  },
  run: async (description, run) => {
    const { client, context } = run;
    const { doomed } = await context.plan(async () => ({
      plan: { doomed: await findDoomed(description, run) },
    }));
    const options: DeleteOptions = {
      propagationPolicy: propagationOf(description.options),
      ...gracePeriodOf(description.options, run),
    };
    const names: Record<string, string[]> = {};
    for (const [index, object] of doomed.entries()) {
      const { outcome } = await context.step(
        `delete-${index}`,
        { object: { account: run.account.name, namespace: object.namespace, name: object.fullName } },
        () => deleteOne(client, object, options, run),
      );
      context.log(PHASE, `${object.fullName}: ${outcome}`);
      // A named object is told of where it was asked for, also when it is in no namespace.
      (names[description.manifestName ? description.location || object.namespace : object.namespace] ??=
        []).push(object.fullName);
    }
    if (doomed.length === 0) context.log(PHASE, 'Nothing to delete');
    return { manifestNamesByNamespace: names, manifests: [], createdArtifacts: [], boundArtifacts: [] };
  },
};

function targetsOf({ manifestName, kinds, location: namespace }: DeleteManifest): NamedTarget[] {
  if (manifestName) return [{ ...parseFullResourceName(manifestName), namespace }];
  return kinds.map((kind) => ({ kind: parseKind(kind), namespace }));
}

/** The objects to delete, with their uids: a new object of the same name is none of them. */
async function findDoomed(description: DeleteManifest, run: KubernetesRun): Promise<Doomed[]> {
  const { client, context } = run;
  const { signal } = context;
  const { manifestName, location: namespace } = description;
  if (manifestName) {
    const { kind, name } = parseFullResourceName(manifestName);
    const found = await client.find({ kind: printKind(kind), name, namespace }, { signal });
    if (!found) return [];
    await guardObjects('Deleting', [found], run);
    return [doomedOf(found)];
  }
  const labelSelector = labelSelectorText(description.labelSelectors.selectors);
  const doomed: Doomed[] = [];
  for (const kind of description.kinds) {
    const found = await client.listAll(printKind(parseKind(kind)), {
      namespace: namespace || client.defaultNamespace,
      labelSelector,
      signal,
    });
    await guardObjects('Deleting', found, run);
    doomed.push(...found.map(doomedOf));
  }
  return doomed;
}

function doomedOf(object: JsonObject): Doomed {
  return {
    apiVersion: String(object['apiVersion']),
    kind: String(object['kind']),
    fullName: fullResourceName(object),
    namespace: namespaceOf(object),
    name: nameOf(object),
    uid: uidOf(object),
  };
}

async function deleteOne(
  client: KubernetesClient,
  doomed: Doomed,
  options: DeleteOptions,
  { context }: KubernetesRun,
): Promise<StepResult> {
  const { apiVersion, kind, name, namespace, uid } = doomed;
  const ref: ObjectRef = { apiVersion, kind, name, namespace };
  context.log(PHASE, `Deleting ${doomed.fullName}...`);
  try {
    await inWords(`Failed to delete ${doomed.fullName} from ${namespace}:`, () =>
      client.delete(ref, { ...options, preconditions: { uid }, signal: context.signal }),
    );
  } catch (error) {
    // Gone already, or another object by now: either way the one that was meant does not exist any more.
    if (!(error instanceof KubernetesApiError && (error.notFound || error.conflict))) throw error;
    return { outcome: 'absent' };
  }
  try {
    await untilGone(client, ref, uid, { signal: context.waitSignal, timeoutMs: GONE_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof KubernetesApiError && error.reason === 'WaitedTooLong')) throw error;
    const left = await client.find(ref, { signal: context.signal });
    const finalizers = left ? metadataOf(left)['finalizers'] : undefined;
    const held = Array.isArray(finalizers) ? ` (held by the finalizers ${finalizers.join(', ')})` : '';
    throw new KubernetesApiError({
      status: 408,
      reason: 'WaitedTooLong',
      message: `Failed to delete ${doomed.fullName} from ${namespace}: it is still there after ${GONE_TIMEOUT_MS / 60_000} minutes${held}`,
      cause: error,
    });
  }
  return { outcome: 'deleted' };
}

const POLICIES: Record<string, DeleteOptions['propagationPolicy']> = {
  true: 'Background',
  false: 'Orphan',
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};

/** `orphanDependents` wins over `cascading`; without either, dependents go in the background. */
export function propagationOf({
  cascading,
  orphanDependents,
}: DeleteManifest['options']): DeleteOptions['propagationPolicy'] {
  if (orphanDependents != null)
    return String(orphanDependents).toLowerCase() === 'true' ? 'Orphan' : 'Background';
  if (cascading == null || cascading === '') return 'Background';
  const policy = POLICIES[String(cascading).toLowerCase()];
  if (policy) return policy;
  throw new InvalidInputError('operation.invalid', [
    {
      path: 'options.cascading',
      message: `invalid cascade value (${String(cascading)}): use true, false, background, foreground or orphan`,
    },
  ]);
}

function gracePeriodOf(
  { gracePeriodSeconds }: DeleteManifest['options'],
  { context }: KubernetesRun,
): DeleteOptions {
  if (gracePeriodSeconds == null || gracePeriodSeconds === '') return {};
  const seconds = Number(gracePeriodSeconds);
  if (Number.isInteger(seconds) && seconds >= 0) return { gracePeriodSeconds: seconds };
  // Negative means "the object's own", as for kubectl; what is no number is told and left out.
  if (!Number.isInteger(seconds)) {
    context.log(
      PHASE,
      `The grace period '${String(gracePeriodSeconds)}' is not a number of seconds and is ignored`,
    );
  }
  return {};
}
