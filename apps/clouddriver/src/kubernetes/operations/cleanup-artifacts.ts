import { type JsonObject } from '@gennaker/kernel';
import {
  annotationsOf,
  fullResourceName,
  isKind,
  kindOfManifest,
  listAt,
  manifestStatus,
  mayBeReferenced,
  membersOf,
  type Manifest,
  nameOf,
  namespaceOf,
  numberAt,
  printKind,
  referencedNames,
  specOf,
  statusOf,
  strategyOf,
  surplusVersions,
  uidOf,
} from '@gennaker/manifest';
import { MONIKER_ANNOTATIONS } from '@gennaker/moniker';
import { z } from 'zod';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import {
  anyObject,
  baseDescription,
  type KubernetesOperation,
  type KubernetesRun,
  listOf,
} from './kubernetes-operation.js';
import { guardObjects } from './traffic-guard.js';

const PHASE = 'CLEANUP_KUBERNETES_ARTIFACTS';

const schema = baseDescription.extend({
  /** The objects that were just deployed, as the cluster gave them back. */
  manifests: listOf(anyObject),
  /** Which traffic strategy follows: then the server groups to take over from are looked for. */
  strategy: z.string().nullish(),
});

type Description = z.output<typeof schema>;

interface Surplus extends JsonObject {
  kind: string;
  apiVersion: string;
  namespace: string;
  name: string;
  uid: string;
}

/** Kinds whose pods may refer to ConfigMaps and Secrets. */
const REFERRING = ['pods', 'replicasets', 'deployments', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs'];

/** Deletes versions beyond the max-version-history of what was deployed, but none that is still referred to. */
export const cleanupArtifacts: KubernetesOperation<Description> = {
  kind: 'cleanupArtifacts',
  schema,
  targets: ({ manifests }) =>
    manifests
      .filter((manifest) => strategyOf(manifest).maxVersionHistory !== undefined)
      .map((manifest) => ({ kind: kindOfManifest(manifest), namespace: namespaceOf(manifest) })),
  run: async (description, run) => {
    const { context, client, account } = run;
    const { surplus } = await context.plan(async () => ({
      plan: { surplus: await findSurplus(description, run) },
    }));
    const names: Record<string, string[]> = {};
    for (const [index, { kind, apiVersion, namespace, name, uid }] of surplus.entries()) {
      const fullName = fullResourceName({ apiVersion, kind, metadata: { name } });
      await context.step(
        `delete-${index}`,
        { object: { account: account.name, namespace, name: fullName } },
        async () => {
          try {
            await client.delete(
              { apiVersion, kind, namespace, name },
              { preconditions: { uid }, propagationPolicy: 'Background', signal: context.signal },
            );
            return { outcome: 'deleted' };
          } catch (error) {
            if (error instanceof KubernetesApiError && (error.notFound || error.conflict))
              return { outcome: 'absent' };
            throw error;
          }
        },
      );
      context.log(PHASE, `Deleted ${fullName} in ${namespace}`);
      (names[namespace] ??= []).push(fullName);
    }
    const previous = description.strategy ? await previousServerGroups(description, run) : undefined;
    return { deletedManifestNamesByNamespace: names, ...(previous && { previousServerGroups: previous }) };
  },
};

async function findSurplus({ manifests }: Description, run: KubernetesRun): Promise<Surplus[]> {
  const { client, context } = run;
  const { signal } = context;
  const surplus = new Map<string, Surplus>();
  for (const manifest of manifests) {
    if (strategyOf(manifest).maxVersionHistory === undefined) continue;
    const namespace = namespaceOf(manifest);
    const kind = printKind(kindOfManifest(manifest));
    const sameKind = await client.listAll(kind, { namespace, signal });
    // Only what is really to go is worth asking who still needs it.
    if (surplusVersions(manifest, sameKind, new Set()).length === 0) continue;
    const referenced = mayBeReferenced(manifest)
      ? await referencesTo(kind, namespace, client, signal)
      : new Set<string>();
    const going = surplusVersions(manifest, sameKind, referenced);
    await guardObjects('Deleting', going, run);
    for (const object of going) surplus.set(uidOf(object), surplusOf(object));
  }
  return [...surplus.values()];
}

function surplusOf(object: Manifest): Surplus {
  return {
    kind: String(object['kind']),
    apiVersion: String(object['apiVersion']),
    namespace: namespaceOf(object),
    name: nameOf(object),
    uid: uidOf(object),
  };
}

/** The names of objects of a kind that something in the namespace still refers to. */
export async function referencesTo(
  kind: string,
  namespace: string,
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<Set<string>> {
  const names = new Set<string>();
  for (const referring of REFERRING) {
    const objects = await client.listAll(referring, { namespace, signal });
    const alive = objects.filter((object) => !isRetired(object));
    for (const name of referencedNames(alive, kind, namespace)) names.add(name);
  }
  return names;
}

/** An old ReplicaSet of a Deployment is kept for a rollback only: it counts as long as it could come back. */
function isRetired(object: Manifest): boolean {
  return isKind(object, 'pod') && ['Succeeded', 'Failed'].includes(String(statusOf(object)?.['phase']));
}

/** The other server groups of the clusters that were deployed to. */
async function previousServerGroups(
  { manifests }: Description,
  { client, context }: KubernetesRun,
): Promise<JsonObject[]> {
  const deployed = manifests.filter(
    (manifest) => isKind(manifest, 'replicaSet') || isKind(manifest, 'deployment'),
  );
  const names = new Set(deployed.map((manifest) => `${namespaceOf(manifest)}/${fullResourceName(manifest)}`));
  const previous = new Map<string, JsonObject>();
  for (const manifest of deployed) {
    const annotations = annotationsOf(manifest);
    const objects = await client.listAll(printKind(kindOfManifest(manifest)), {
      namespace: namespaceOf(manifest),
      signal: context.signal,
    });
    const cluster = annotations[MONIKER_ANNOTATIONS.cluster] ?? '';
    for (const object of membersOf(objects, annotations[MONIKER_ANNOTATIONS.application] ?? '', cluster)) {
      const owned = listAt(object['metadata'] as JsonObject, 'ownerReferences').length > 0;
      const name = fullResourceName(object);
      if (owned || names.has(`${namespaceOf(object)}/${name}`)) continue;
      previous.set(uidOf(object), {
        manifestName: name,
        location: namespaceOf(object),
        neverReady: isNeverReady(object),
      });
    }
  }
  return [...previous.values()];
}

/** Neither stable nor failed, and nothing of it runs: it never came up. */
function isNeverReady(object: Manifest): boolean {
  const { stable, failed } = manifestStatus(object);
  const status = statusOf(object);
  const running =
    (numberAt(status, 'readyReplicas') ?? 0) > 0 || (numberAt(status, 'availableReplicas') ?? 0) > 0;
  return !stable.state && !failed.state && !running && (numberAt(specOf(object), 'replicas') ?? 0) > 0;
}
