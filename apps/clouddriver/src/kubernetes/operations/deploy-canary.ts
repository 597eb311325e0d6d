import { normaliseArtifact } from '@gennaker/artifact';
import { InvalidInputError } from '@gennaker/kernel';
import {
  canaryName,
  canaryPair,
  canarySize,
  fullResourceName,
  isKind,
  type Manifest,
  manifestProblems,
  metadataOf,
  parseFullResourceName,
  printKind,
} from '@gennaker/manifest';
import { z } from 'zod';
import { deploy, deployManifestSchema } from './deploy-manifest.js';
import { anyObject, type KubernetesOperation, listOf } from './kubernetes-operation.js';
import { readTarget, targetDescription, targetOf, unsupported } from './target-object.js';

const schema = targetDescription.extend({
  /** The new version; without it the running one, with the artifacts written into it. */
  manifest: anyObject.nullish(),
  replicas: z.coerce.number().int().min(1).nullish(),
  /** Of the running size, where `replicas` is not given. */
  percentage: z.coerce.number().min(0).max(100).nullish(),
  requiredArtifacts: listOf(anyObject.transform(normaliseArtifact)),
  optionalArtifacts: listOf(anyObject.transform(normaliseArtifact)),
  application: z.string().nullish(),
});

type Description = z.output<typeof schema>;

/** Deploys two small copies of a Deployment beside it: one as it runs, one as it is to be. */
export const deployCanary: KubernetesOperation<Description> = {
  kind: 'deployCanary',
  schema,
  targets: (description) => [targetOf(description)],
  check: (description) => {
    const { kind } = parseFullResourceName(description.manifestName);
    if (printKind(kind) !== 'deployment') throw unsupported(description, 'canary deployments');
    const problems = description.manifest ? manifestProblems(description.manifest, 'manifest') : [];
    if (description.manifest && problems.length === 0 && !isKind(description.manifest, 'deployment')) {
      problems.push({ path: 'manifest.kind', message: 'must be a Deployment, as the running object is' });
    }
    if (!description.manifest && description.requiredArtifacts.length === 0) {
      problems.push({
        path: 'manifest',
        message: 'is missing: give the new manifest, or required artifacts to write into the running one',
      });
    }
    if (problems.length > 0) throw new InvalidInputError('kubernetes.invalid_manifest', problems);
  },
  run: async (description, run) => {
    const running = await readTarget(description, run);
    const { size } = await run.context.plan(() =>
      Promise.resolve({ plan: { size: canarySize(running, description) } }),
    );
    const pair = canaryPair(running, description.manifest ?? running, { replicas: size });
    const result = await deployPair(pair, description, run);
    const { name } = parseFullResourceName(description.manifestName);
    return {
      ...result,
      baseline: `deployment ${canaryName(name, 'baseline')}`,
      canary: `deployment ${canaryName(name, 'canary')}`,
      size,
    };
  },
};

async function deployPair(
  { baseline, canary }: { baseline: Manifest; canary: Manifest },
  description: Description,
  run: Parameters<typeof deploy>[2],
) {
  const { account, requiredArtifacts, optionalArtifacts } = description;
  const { manifests: _none, ...defaults } = deployManifestSchema.parse({ account });
  const app = description.application ?? run.context.request.application ?? null;
  // Only the new version takes the new artifacts; each side is a deploy of its own within this operation.
  const sides = [
    { manifest: baseline, required: [], optional: [] },
    { manifest: canary, required: requiredArtifacts, optional: optionalArtifacts },
  ];
  const names: Record<string, string[]> = {};
  const manifests: unknown[] = [];
  const boundArtifacts: unknown[] = [];
  for (const [index, { manifest, required, optional }] of sides.entries()) {
    const request = {
      ...defaults,
      requiredArtifacts: required,
      optionalArtifacts: optional,
      moniker: { app, cluster: fullResourceName(manifest) },
    };
    const result = await deploy(request, [manifest], run, {
      stepPrefix: `${index}-`,
      decisions: [{ version: null, reused: false, sourceReplicas: null }],
    });
    manifests.push(...(result['manifests'] as unknown[]));
    boundArtifacts.push(...(result['boundArtifacts'] as unknown[]));
    for (const deployed of result['manifests'] as Manifest[]) {
      (names[String(metadataOf(deployed)['namespace'] ?? '')] ??= []).push(fullResourceName(deployed));
    }
  }
  return { manifestNamesByNamespace: names, manifests, createdArtifacts: [], boundArtifacts };
}
