import {
  ConflictError,
  InvalidInputError,
  isObject,
  jsonEquals,
  type JsonObject,
  NotFoundError,
} from '@gennaker/kernel';
import {
  ANNOTATIONS,
  annotationsOf,
  isKind,
  isOwnedBy,
  type JsonPatchOperation,
  type Manifest,
  metadataOf,
  nameOf,
  numberAt,
  podSelectorOf,
  specOf,
  templateOf,
} from '@gennaker/manifest';
import { z } from 'zod';
import { type KubernetesOperation, type KubernetesRun } from './kubernetes-operation.js';
import {
  changeObject,
  objectResult,
  readTarget,
  requireAbility,
  targetDescription,
  targetOf,
  targetRef,
} from './target-object.js';

const schema = targetDescription.extend({
  revision: z.coerce.number().int().min(0).nullish(),
  numRevisionsBack: z.coerce.number().int().min(0).nullish(),
});

type Description = z.output<typeof schema>;

/** An earlier state of a workload: a ReplicaSet of a Deployment, else a ControllerRevision. */
interface Revision {
  number: number;
  object: Manifest;
}

/** Brings an earlier pod template back, by the number of its revision or by how many to go back. */
export const undoRolloutManifest: KubernetesOperation<Description> = {
  kind: 'undoRolloutManifest',
  schema,
  targets: (description) => [targetOf(description)],
  check: (description) => {
    requireAbility(description, 'undoRollout', 'undo rollout');
    if (description.revision == null && description.numRevisionsBack == null) {
      throw new InvalidInputError('operation.invalid', [
        { path: 'numRevisionsBack', message: 'is missing: give numRevisionsBack or revision' },
      ]);
    }
  },
  run: async (description, run) => {
    const { context } = run;
    // The numbers of revisions move when one comes back, so the choice is made once, by name.
    const { chosen, number } = await context.plan(async () => {
      const workload = await readTarget(description, run);
      const revision = choose(description, await revisionsOf(workload, run));
      return { plan: { chosen: nameOf(revision.object), number: revision.number } };
    });
    context.log(
      'UNDO_ROLLOUT_KUBERNETES_MANIFEST',
      `Rolling ${description.manifestName} back to revision ${number}...`,
    );
    const after = await changeObject(run, { id: 'undo', target: description }, async () => {
      const before = await readTarget(description, run);
      if (specOf(before)['paused'] === true) {
        throw new ConflictError(
          'kubernetes.paused',
          `cannot roll back paused ${description.manifestName}: resume it first`,
        );
      }
      const revision = (await revisionsOf(before, run)).find(({ object }) => nameOf(object) === chosen);
      if (!revision)
        throw new NotFoundError('kubernetes.no_revision', `revision ${number} does not exist any more`);
      return bringBack(before, revision.object, description, run);
    });
    return objectResult(after);
  },
};

function choose({ revision, numRevisionsBack }: Description, revisions: readonly Revision[]): Revision {
  if (revision != null) {
    const found = revisions.find(({ number }) => number === revision);
    if (found) return found;
    throw new InvalidInputError('kubernetes.no_revision', [
      {
        path: 'revision',
        message: `There is no revision ${revision}; there are ${revisions.map(({ number }) => number).join(', ')}`,
      },
    ]);
  }
  const back = numRevisionsBack ?? 0;
  const found = revisions[revisions.length - 1 - back];
  if (found) return found;
  throw new InvalidInputError('kubernetes.no_revision', [
    {
      path: 'numRevisionsBack',
      message: `There are ${revisions.length} revision(s) in total, cannot rollback ${back}`,
    },
  ]);
}

/** Oldest first. */
async function revisionsOf(workload: Manifest, { client, context }: KubernetesRun): Promise<Revision[]> {
  const isDeployment = isKind(workload, 'deployment');
  const labelSelector = podSelectorOf(workload);
  const objects = await client.listAll(isDeployment ? 'replicasets' : 'controllerrevisions', {
    namespace: String(metadataOf(workload)['namespace'] ?? client.defaultNamespace),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    signal: context.signal,
  });
  return objects
    .filter((object) => isOwnedBy(object, workload))
    .map((object: Manifest) => ({
      object,
      number: isDeployment
        ? Number(annotationsOf(object)[ANNOTATIONS.revision] ?? 0)
        : (numberAt(object, 'revision') ?? 0),
    }))
    .sort((a, b) => a.number - b.number);
}

async function bringBack(
  before: Manifest,
  revision: Manifest,
  target: Description,
  { client, context }: KubernetesRun,
) {
  const ref = targetRef(target);
  const options = { fieldManager: 'kubectl-rollout', signal: context.signal };
  if (!isKind(before, 'deployment')) {
    const after: Manifest = await client.patch(ref, revision['data'], { type: 'strategic', ...options });
    const same = metadataOf(after)['resourceVersion'] === metadataOf(before)['resourceVersion'];
    return { outcome: same ? ('unchanged' as const) : ('patched' as const), before, after };
  }
  const template = withoutHash(templateOf(revision) ?? {});
  if (jsonEquals(template, templateOf(before)))
    return { outcome: 'unchanged' as const, before, after: before };
  const patch: JsonPatchOperation[] = [{ op: 'replace', path: '/spec/template', value: template }];
  const after: Manifest = await client.patch(ref, patch, { type: 'json', ...options });
  return { outcome: 'patched' as const, before, after };
}

/** The label by which a Deployment tells its ReplicaSets apart belongs to the ReplicaSet alone. */
function withoutHash(template: JsonObject): JsonObject {
  const metadata = metadataOf(template);
  const { 'pod-template-hash': _hash, ...labels } = isObject(metadata['labels']) ? metadata['labels'] : {};
  return { ...template, metadata: { ...metadata, labels } };
}
