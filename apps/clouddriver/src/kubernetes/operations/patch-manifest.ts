import { type Artifact, normaliseArtifact, replaceArtifacts } from '@gennaker/artifact';
import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import {
  ANNOTATIONS,
  annotationsOf,
  checkRequiredBound,
  type JsonPatchOperation,
  fullResourceName,
  kindProperties,
  type Manifest,
  metadataOf,
  namespaceOf,
  numberAt,
  specOf,
  parseFullResourceName,
  pointerStep,
  replacersOf,
} from '@gennaker/manifest';
import { z } from 'zod';
import { inWords, KubernetesApiError } from '../client/kubernetes-error.js';
import {
  anyObject,
  flag,
  type KubernetesOperation,
  type KubernetesRun,
  listOf,
} from './kubernetes-operation.js';
import {
  changeObject,
  objectResult,
  readTarget,
  targetDescription,
  targetOf,
  targetRef,
} from './target-object.js';
import { guardObjects, isGuarded, isGuardedKind } from './traffic-guard.js';

const schema = targetDescription.extend({
  patchBody: z.unknown(),
  options: z
    .object({
      mergeStrategy: z.enum(['strategic', 'json', 'merge']).nullish(),
      record: flag(true),
    })
    .nullish()
    .transform((options) => ({
      mergeStrategy: options?.mergeStrategy ?? 'strategic',
      record: options?.record ?? true,
    })),
  requiredArtifacts: listOf(anyObject.transform(normaliseArtifact)),
  allArtifacts: listOf(anyObject.transform(normaliseArtifact)),
});

type Description = z.output<typeof schema>;

/** Patches one object: strategically, by a JSON merge patch, or by a list of JSON patch operations. */
export const patchManifest: KubernetesOperation<Description> = {
  kind: 'patchManifest',
  schema,
  targets: (description) => [targetOf(description)],
  check: (description) => void bodyOf(description),
  run: async (description, run) => {
    const { body, boundArtifacts } = bind(description, run);
    run.context.log('PATCH_KUBERNETES_MANIFEST', `Patching ${description.manifestName}...`);
    await guardPatch(description, body, run);
    const after = await changeObject(run, { id: 'patch', target: description }, async ({ resumed }) => {
      const before = await readTarget(description, run);
      if (resumed && annotationsOf(before)[ANNOTATIONS.operation] === run.context.id) {
        return { outcome: 'patched', after: before };
      }
      const after = await send(description, body, before, run);
      const same = metadataOf(after)['resourceVersion'] === metadataOf(before)['resourceVersion'];
      return { outcome: same ? 'unchanged' : 'patched', before, after };
    });
    const named = fullResourceName(after);
    // Told of where it was asked for, also when it is in no namespace.
    const place = description.location || namespaceOf(after);
    return objectResult(after, { boundArtifacts, manifestNamesByNamespace: { [place]: [named] } });
  },
};

type PatchBody = JsonObject | JsonPatchOperation[];

function bodyOf({ patchBody, options }: Description): PatchBody {
  const fail = (message: string): never => {
    throw new InvalidInputError('operation.invalid', [{ path: 'patchBody', message }]);
  };
  if (options.mergeStrategy === 'json') {
    const list = Array.isArray(patchBody) ? patchBody.filter(isObject) : [];
    if (list.length === 0) return fail('must be a list of JSON patch operations');
    return list as unknown as JsonPatchOperation[];
  }
  const one: unknown = Array.isArray(patchBody) && patchBody.length === 1 ? patchBody[0] : patchBody;
  return isObject(one) ? one : fail('must be one object');
}

function bind(
  description: Description,
  { account, deploySettings }: KubernetesRun,
): { body: PatchBody; boundArtifacts: Artifact[] } {
  const body = bodyOf(description);
  if (Array.isArray(body)) return { body, boundArtifacts: [] };
  const { kind } = parseFullResourceName(description.manifestName);
  const replacers = replacersOf(kindProperties(kind, account.definition.customResources));
  const { manifest, boundArtifacts } = replaceArtifacts(body, replacers, description.allArtifacts, {
    namespace: description.location,
    account: account.name,
    ...(deploySettings.dockerImageBinding ? { dockerImageBinding: deploySettings.dockerImageBinding } : {}),
  });
  checkRequiredBound(description.requiredArtifacts, boundArtifacts);
  return { body: manifest, boundArtifacts };
}

/** A patch may well be a way to scale to nothing: the cluster says what it would come to. */
async function guardPatch(description: Description, body: PatchBody, run: KubernetesRun): Promise<void> {
  const { kind } = parseFullResourceName(description.manifestName);
  const { spinnakerKind } = kindProperties(kind, run.account.definition.customResources);
  if (!isGuardedKind(spinnakerKind) || run.context.hasActed) return;
  const before = await readTarget(description, run);
  if (!(await isGuarded(before, run))) return;
  const after = await send(description, body, before, run, true);
  if (numberAt(specOf(after), 'replicas') === 0) await guardObjects('Patching', [before], run);
}

async function send(
  description: Description,
  body: PatchBody,
  before: Manifest,
  run: KubernetesRun,
  dryRun = false,
): Promise<Manifest> {
  const { mergeStrategy: type, record } = description.options;
  const cause = record
    ? `patchManifest ${description.manifestName} by ${run.context.request.user}`
    : undefined;
  const patch = Array.isArray(body) ? marked(body, before, run.context.id, cause) : recorded(body, cause);
  try {
    const { manifestName: name, location: namespace } = description;
    return await inWords(`Patch failed for: ${name} in namespace: ${namespace}:`, () =>
      run.client.patch(targetRef(description), patch, {
        type,
        fieldManager: 'kubectl-patch',
        dryRun,
        signal: run.context.signal,
      }),
    );
  } catch (error) {
    if (error instanceof KubernetesApiError && error.status === 415) {
      throw new InvalidInputError('kubernetes.unsupported_patch', [
        {
          path: 'options.mergeStrategy',
          message: `${description.manifestName} is a custom resource, which has no ${type} patches: use merge or json`,
        },
      ]);
    }
    throw error;
  }
}

function recorded(body: JsonObject, cause: string | undefined): JsonObject {
  if (cause === undefined) return body;
  const metadata = metadataOf(body);
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  return {
    ...body,
    metadata: { ...metadata, annotations: { ...annotations, [ANNOTATIONS.changeCause]: cause } },
  };
}

/**
 * A JSON patch done twice is not the same as once (it may append to a list), so it leaves a mark together with its
 * effect, and a repetition looks for the mark.
 */
function marked(
  body: JsonPatchOperation[],
  before: Manifest,
  mark: string,
  cause: string | undefined,
): JsonPatchOperation[] {
  const add = (key: string, value: string): JsonPatchOperation => ({
    op: 'add',
    path: `/metadata/annotations/${pointerStep(key)}`,
    value,
  });
  const annotations = metadataOf(before)['annotations'];
  return [
    ...(isObject(annotations) ? [] : [{ op: 'add' as const, path: '/metadata/annotations', value: {} }]),
    ...body,
    add(ANNOTATIONS.operation, mark),
    ...(cause === undefined ? [] : [add(ANNOTATIONS.changeCause, cause)]),
  ];
}
