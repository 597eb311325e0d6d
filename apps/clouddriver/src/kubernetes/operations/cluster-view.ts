import {
  type ClusterView,
  type DeployReads,
  type KubernetesKind,
  type Manifest,
  printKind,
} from '@gennaker/manifest';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { isNotFound } from '../client/kubernetes-error.js';
import { type VersionReservation } from '../../operations/version-reservations.js';

/** Reads what a deploy needs to decide, all at once. */
export async function readCluster(
  client: KubernetesClient,
  reads: DeployReads,
  signal: AbortSignal,
): Promise<Pick<ClusterView, 'objectsOf' | 'find'>> {
  const lists = new Map<string, Manifest[]>();
  const objects = new Map<string, Manifest>();
  await Promise.all([
    ...reads.lists.map(async ({ kind, namespace }) => {
      lists.set(listKey(kind, namespace), await listOrNone(client, kind, namespace, signal));
    }),
    ...reads.objects.map(async ({ kind, namespace, name }) => {
      const found = await client.find({ kind: printKind(kind), name, namespace }, { signal });
      if (found) objects.set(objectKey(kind, namespace, name), found);
    }),
  ]);
  return {
    objectsOf: (kind, namespace) => lists.get(listKey(kind, namespace)) ?? [],
    find: (kind, namespace, name) => objects.get(objectKey(kind, namespace, name)),
  };
}

/** A kind or a namespace that does not exist yet holds no versions. */
async function listOrNone(
  client: KubernetesClient,
  kind: KubernetesKind,
  namespace: string,
  signal: AbortSignal,
): Promise<Manifest[]> {
  try {
    return await client.listAll(printKind(kind), { namespace: namespace || client.defaultNamespace, signal });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function listKey(kind: KubernetesKind, namespace: string): string {
  return `${namespace}/${printKind(kind)}`;
}

function objectKey(kind: KubernetesKind, namespace: string, name: string): string {
  return `${listKey(kind, namespace)} ${name}`;
}

/** Versions that other operations have taken and perhaps not yet used. */
export class VersionsTaken {
  constructor(
    private readonly reservations: readonly VersionReservation[],
    private readonly defaultNamespace: string,
  ) {}

  of(kind: KubernetesKind, namespace: string, name: string): number[] {
    return this.reservations
      .filter(
        (one) =>
          one.kind === printKind(kind) &&
          one.namespace === (namespace || this.defaultNamespace) &&
          one.name === name,
      )
      .map(({ version }) => version);
  }
}
