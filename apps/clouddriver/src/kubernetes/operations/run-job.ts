import { normaliseArtifact } from '@gennaker/artifact';
import { InvalidInputError } from '@gennaker/kernel';
import {
  annotate,
  ANNOTATIONS,
  fullResourceName,
  isGenerated,
  isKind,
  type Manifest,
  manifestProblems,
  metadataOf,
  namespaceOf,
} from '@gennaker/manifest';
import { z } from 'zod';
import { deploy, deployManifestSchema } from './deploy-manifest.js';
import { anyObject, baseDescription, type KubernetesOperation, listOf } from './kubernetes-operation.js';

const schema = baseDescription.extend({
  application: z.string().nullish(),
  namespace: z.string().nullish(),
  manifest: anyObject,
  requiredArtifacts: listOf(anyObject.transform(normaliseArtifact)),
  optionalArtifacts: listOf(anyObject.transform(normaliseArtifact)),
});

type Description = z.output<typeof schema>;

/** Runs a Job: an earlier one of the same name makes room, a generated name leaves it alone. */
export const runJob: KubernetesOperation<Description> = {
  kind: 'runJob',
  schema,
  targets: (description) => [
    { kind: { name: 'job', group: '' }, namespace: namespaceOf(jobOf(description)) },
  ],
  check: (description) => {
    const problems = manifestProblems(description.manifest, 'manifest');
    if (problems.length === 0 && !isKind(description.manifest, 'job')) {
      problems.push({
        path: 'manifest.kind',
        message: `Only kind of Job is accepted, got ${String(description.manifest['kind'])}`,
      });
    }
    if (problems.length > 0) throw new InvalidInputError('kubernetes.invalid_manifest', problems);
  },
  run: async (description, run) => {
    const { account, requiredArtifacts, optionalArtifacts } = description;
    const { manifests: _none, ...defaults } = deployManifestSchema.parse({ account });
    const request = {
      ...defaults,
      requiredArtifacts,
      optionalArtifacts,
      moniker: { app: description.application ?? run.context.request.application ?? null },
    };
    const result = await deploy(request, [jobOf(description)], run);
    const manifests = result['manifests'] as Manifest[];
    const names: Record<string, string[]> = {};
    for (const job of manifests) (names[namespaceOf(job)] ??= []).push(fullResourceName(job));
    return { ...result, deployedNamesByLocation: names };
  },
};

function jobOf({ manifest, namespace }: Description): Manifest {
  const job = structuredClone(manifest);
  if (namespace) job['metadata'] = { ...metadataOf(job), namespace };
  if (!isGenerated(job)) annotate(job, ANNOTATIONS.recreate, 'true');
  return job;
}
