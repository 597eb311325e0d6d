import { jsonEquals } from '@gennaker/kernel';
import { templateHash } from '../model/hash.js';
import { controllerReference, isControlledBy, type KubeObject } from '../model/objects.js';
import type { PodTemplate } from '../model/workloads.js';
import type { World } from './world.js';

const REVISIONS = 'apps/controllerrevisions';
export const REVISION_LABEL = 'controller-revision-hash';

export interface ControllerRevision extends KubeObject {
  data: { spec: { template: PodTemplate & { $patch: 'replace' } } };
  revision: number;
}

type Workload = KubeObject & { spec: { template: PodTemplate; revisionHistoryLimit?: number } };

/** Revisions of a StatefulSet or DaemonSet, the oldest first. */
export function revisionsOf(world: World, owner: KubeObject): ControllerRevision[] {
  return world.store
    .list<ControllerRevision>(REVISIONS, owner.metadata.namespace)
    .filter((revision) => isControlledBy(revision, owner))
    .sort((a, b) => a.revision - b.revision);
}

/** The revision of the present template, made or moved to the end of the history as needed. */
export function currentRevision(world: World, owner: Workload): ControllerRevision {
  const history = revisionsOf(world, owner);
  const data = { spec: { template: { ...owner.spec.template, $patch: 'replace' as const } } };
  const known = history.find((revision) => jsonEquals(revision.data, data));
  const last = history.at(-1);
  if (known) {
    if (known === last) return known;
    const revision = (last?.revision ?? 0) + 1;
    return world.change<ControllerRevision>(REVISIONS, known, (live) => ({ ...live, revision })) ?? known;
  }
  const hash = templateHash(owner.spec.template);
  return world.create<ControllerRevision>(REVISIONS, owner.metadata.namespace, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      labels: { ...owner.spec.template.metadata?.labels, [REVISION_LABEL]: revisionHash(owner, hash) },
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision: (last?.revision ?? 0) + 1,
  });
}

/** StatefulSets label their pods with the revision's name, DaemonSets with the hash alone. */
function revisionHash(owner: KubeObject, hash: string): string {
  return owner.kind === 'StatefulSet' ? `${owner.metadata.name}-${hash}` : hash;
}

export function trimHistory(world: World, owner: Workload, inUse: ReadonlySet<string>): void {
  const idle = revisionsOf(world, owner).filter((revision) => !inUse.has(revision.metadata.name));
  const excess = idle.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const revision of idle.slice(0, Math.max(0, excess))) world.delete(REVISIONS, revision);
}
