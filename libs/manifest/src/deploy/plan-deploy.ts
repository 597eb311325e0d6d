import {
  type Artifact,
  artifactKey,
  artifactPool,
  customReplacer,
  distinctArtifacts,
  type DockerImageBinding,
  replaceArtifacts,
  REPLACERS,
  type Replacer,
} from '@gennaker/artifact';
import { InvalidInputError, isObject } from '@gennaker/kernel';
import { type Moniker } from '@gennaker/moniker';
import { annotateArtifact, annotateMoniker, type LabelOptions } from '../annotate.js';
import { type ManifestStrategy, strategyOf } from '../annotations.js';
import { kindOfManifest, type KubernetesKind, printKind } from '../kind.js';
import { type CustomResource, type KindProperties, kindProperties } from '../kinds.js';
import {
  fullResourceName,
  type Manifest,
  metadataOf,
  nameOf,
  namespaceOf,
  parseFullResourceName,
  replicasOf,
  specOf,
} from '../manifest.js';
import { inDeployOrder } from '../ordering.js';
import { attach, loadBalancersOf, setLoadBalancers } from '../traffic.js';
import {
  artifactOfManifest,
  nextVersion,
  reusableVersion,
  versionedName,
  versionOf,
  versionsOf,
} from '../versioning.js';

export const BLUE_GREEN_STRATEGIES: readonly string[] = ['RED_BLACK', 'BLUE_GREEN'];

/** What a deploy is asked to do, apart from where. */
export interface DeployRequest {
  account: string;
  manifests: readonly Manifest[];
  moniker: Partial<Moniker>;
  requiredArtifacts: readonly Artifact[];
  optionalArtifacts: readonly Artifact[];
  enableArtifactBinding: boolean;
  /** Null: what the manifest's annotation says, else what its kind does. */
  versioned: boolean | null;
  enableTraffic: boolean;
  services: readonly string[];
  strategy: string | null;
  skipSpecTemplateLabels: boolean;
}

/** What the deploy has read from the cluster, and which versions others have taken. */
export interface ClusterView {
  /** All objects of a kind in a namespace; read for versioned kinds. */
  objectsOf(kind: KubernetesKind, namespace: string): readonly Manifest[];
  find(kind: KubernetesKind, namespace: string, name: string): Manifest | undefined;
  /** Versions that deploys under way have taken. */
  reservedVersions(kind: KubernetesKind, namespace: string, name: string): readonly number[];
}

export interface DeploySettings {
  customResources?: readonly CustomResource[];
  dockerImageBinding?: DockerImageBinding;
  labels?: Omit<LabelOptions, 'skipSpecTemplateLabels'>;
}

export interface PlannedManifest {
  /** As it will be sent. */
  manifest: Manifest;
  strategy: ManifestStrategy;
  artifact: Artifact;
  /** Null for an object without versions. */
  version: number | null;
  /** True: an equal version exists, and is applied again. */
  reused: boolean;
  /** The size taken over from the running version; null where the manifest's own counts. */
  sourceReplicas: number | null;
}

/** What was decided about one manifest from what the cluster held; enough to plan the same again. */
export type DeployDecision = Pick<PlannedManifest, 'version' | 'reused' | 'sourceReplicas'>;

export interface DeployPlan {
  manifests: PlannedManifest[];
  boundArtifacts: Artifact[];
}

/**
 * Turns a request and what the cluster holds into the objects to send, in their order: bound, versioned, annotated,
 * labelled and attached to their load balancers. Throws an InvalidInputError before anything is sent. With
 * `decided`, the decisions of an earlier planning stand, whatever the cluster holds now; `view` then only finds services.
 */
export function planDeploy(
  request: DeployRequest,
  view: ClusterView,
  settings: DeploySettings = {},
  decided?: readonly DeployDecision[],
): DeployPlan {
  const ordered = inDeployOrder(request.manifests, settings.customResources);
  const created: Artifact[] = [];
  const bound: Artifact[] = [];
  const manifests = ordered.map((original, index) => {
    const properties = kindProperties(kindOfManifest(original), settings.customResources);
    checkDeployable(original, properties, request);
    const pool = request.enableArtifactBinding
      ? artifactPool(request.requiredArtifacts, request.optionalArtifacts, created)
      : artifactPool([], [], created);
    const binding = replaceArtifacts(original, replacersOf(properties), pool, {
      namespace: namespaceOf(original),
      account: request.account,
      ...(settings.dockerImageBinding ? { dockerImageBinding: settings.dockerImageBinding } : {}),
    });
    bound.push(...binding.boundArtifacts);
    const planned = finish(
      { request, view, settings, properties, ordered, decided: decided?.[index] },
      binding.manifest,
    );
    created.push(planned.artifact);
    return planned;
  });
  const boundArtifacts = distinctArtifacts(bound);
  if (request.enableArtifactBinding) checkRequiredBound(request.requiredArtifacts, boundArtifacts);
  return { manifests, boundArtifacts };
}

export function replacersOf(properties: KindProperties): Replacer[] {
  return [
    ...properties.replacers.map((name) => REPLACERS[name]),
    ...properties.customReplacers.map(customReplacer),
  ];
}

/** Every required artifact must have found its place. */
export function checkRequiredBound(required: readonly Artifact[], bound: readonly Artifact[]): void {
  const keys = new Set(bound.map(artifactKey));
  const missing = required.filter((artifact) => !keys.has(artifactKey(artifact)));
  if (missing.length === 0) return;
  throw new InvalidInputError('kubernetes.artifacts_not_bound', [
    {
      path: 'requiredArtifacts',
      message: `The following required artifacts could not be bound: ${missing
        .map((artifact) => `${artifact.type ?? ''} ${artifact.reference ?? artifact.name ?? ''}`.trim())
        .join(', ')}`,
    },
  ]);
}

function checkDeployable(manifest: Manifest, properties: KindProperties, request: DeployRequest): void {
  if (!properties.deployable) {
    throw new InvalidInputError(
      'kubernetes.not_deployable',
      `${fullResourceName(manifest)}: objects of kind ${printKind(properties.kind)} are made by the cluster and cannot be deployed`,
    );
  }
  const { maxVersionHistory } = strategyOf(manifest);
  if (
    BLUE_GREEN_STRATEGIES.includes(request.strategy ?? '') &&
    maxVersionHistory !== undefined &&
    maxVersionHistory < 2
  ) {
    throw new InvalidInputError(
      'kubernetes.max_version_history',
      `The max version history specified in your manifest conflicts with the behavior of the Red/Black rollout strategy. Please update the max-version-history annotation to a value greater than or equal to 2.`,
    );
  }
}

interface Context {
  request: DeployRequest;
  view: ClusterView;
  settings: DeploySettings;
  properties: KindProperties;
  ordered: readonly Manifest[];
  decided: DeployDecision | undefined;
}

function finish(context: Context, manifest: Manifest): PlannedManifest {
  const { request, view, properties } = context;
  const strategy = strategyOf(manifest);
  const { version, reused } = context.decided ?? versionFor(context, manifest, strategy);
  const name = nameOf(manifest);
  const cluster = request.moniker.cluster || clusterOf(manifest);
  const artifact = artifactOfManifest(manifest, request.account, version);
  annotateArtifact(manifest, artifact);
  const wantsCapacity = strategy.useSourceCapacity && properties.abilities.has('scale');
  const sourceReplicas =
    context.decided?.sourceReplicas ??
    (wantsCapacity ? sourceCapacity(view, manifest, version !== null) : null);
  if (sourceReplicas !== null) manifest['spec'] = { ...specOf(manifest), replicas: sourceReplicas };
  if (properties.abilities.has('receiveTraffic')) applyTraffic(context, manifest);
  annotateMoniker(
    manifest,
    { ...request.moniker, cluster, sequence: version ?? request.moniker.sequence ?? null },
    { ...context.settings.labels, skipSpecTemplateLabels: request.skipSpecTemplateLabels },
  );
  if (version !== null) metadataOf(manifest)['name'] = versionedName(name, version);
  return { manifest, strategy, artifact, version, reused, sourceReplicas };
}

/** By the name, without its version; what gets its name from the cluster is known by what that begins with. */
function clusterOf(manifest: Manifest): string {
  if (!isGenerated(manifest)) return fullResourceName(manifest);
  const prefix = String(metadataOf(manifest)['generateName']).replace(/-+$/, '');
  return `${printKind(kindOfManifest(manifest))} ${prefix}`;
}

function versionFor(
  { request, view, properties }: Context,
  manifest: Manifest,
  strategy: ManifestStrategy,
): { version: number | null; reused: boolean } {
  const versioned = strategy.versioned ?? request.versioned ?? properties.versioned;
  if (!versioned || isGenerated(manifest)) return { version: null, reused: false };
  const namespace = namespaceOf(manifest);
  const name = nameOf(manifest);
  const existing = versionsOf(view.objectsOf(properties.kind, namespace), name);
  const reusable = reusableVersion(existing, manifest);
  if (reusable !== null) return { version: reusable, reused: true };
  const taken = view.reservedVersions(properties.kind, namespace, name);
  return { version: nextVersion([...existing.map(versionOf), ...taken]), reused: false };
}

/** The cluster gives it its name. */
export function isGenerated(manifest: Manifest): boolean {
  return typeof metadataOf(manifest)['generateName'] === 'string' && nameOf(manifest) === '';
}

function sourceCapacity(view: ClusterView, manifest: Manifest, versioned: boolean): number | null {
  const kind = kindOfManifest(manifest);
  const namespace = namespaceOf(manifest);
  const source = versioned
    ? versionsOf(view.objectsOf(kind, namespace), nameOf(manifest)).at(-1)
    : view.find(kind, namespace, nameOf(manifest));
  return (source && replicasOf(source)) ?? null;
}

function applyTraffic({ request, view, ordered }: Context, manifest: Manifest): void {
  if (request.services.length > 0) setLoadBalancers(manifest, request.services);
  if (!request.enableTraffic) return;
  for (const loadBalancer of loadBalancersOf(manifest)) {
    const { kind, name } = parseFullResourceName(loadBalancer);
    const namespace = namespaceOf(manifest);
    const service =
      ordered.find(
        (other) =>
          nameOf(other) === name &&
          namespaceOf(other) === namespace &&
          printKind(kindOfManifest(other)) === printKind(kind),
      ) ?? view.find(kind, namespace, name);
    if (!service) {
      throw new InvalidInputError(
        'kubernetes.load_balancer_not_found',
        `Could not find load balancer ${loadBalancer} in namespace '${namespace}'`,
      );
    }
    attach(service, manifest);
  }
}

/** What must be read before `planDeploy` can be called. */
export interface DeployReads {
  lists: { kind: KubernetesKind; namespace: string }[];
  objects: { kind: KubernetesKind; namespace: string; name: string }[];
}

export function readsForDeploy(request: DeployRequest, settings: DeploySettings = {}): DeployReads {
  const reads: DeployReads = { lists: [], objects: [] };
  const seen = new Set<string>();
  for (const manifest of request.manifests) {
    const properties = kindProperties(kindOfManifest(manifest), settings.customResources);
    const strategy = strategyOf(manifest);
    const namespace = namespaceOf(manifest);
    const versioned = strategy.versioned ?? request.versioned ?? properties.versioned;
    const key = `${printKind(properties.kind)}/${namespace}`;
    if (versioned && !isGenerated(manifest) && !seen.has(key)) {
      seen.add(key);
      reads.lists.push({ kind: properties.kind, namespace });
    }
    if (!versioned && strategy.useSourceCapacity && properties.abilities.has('scale')) {
      reads.objects.push({ kind: properties.kind, namespace, name: nameOf(manifest) });
    }
    if (request.enableTraffic && properties.abilities.has('receiveTraffic')) {
      for (const loadBalancer of [...request.services, ...loadBalancersOf(manifest)]) {
        reads.objects.push({ ...parseFullResourceName(loadBalancer), namespace });
      }
    }
  }
  return reads;
}

/** Moves namespaced objects to another namespace; where only the cluster knows a kind's scope, `isNamespaced` answers. */
export function overrideNamespace(
  manifests: readonly Manifest[],
  namespace: string,
  isNamespaced: (kind: KubernetesKind) => boolean,
): Manifest[] {
  return manifests.map((manifest) => {
    if (!isNamespaced(kindOfManifest(manifest))) return manifest;
    return { ...manifest, metadata: { ...metadataOf(manifest), namespace } };
  });
}

/** Problems of a manifest that no cluster would accept, with their paths under `path`. */
export function manifestProblems(manifest: unknown, path: string): { path: string; message: string }[] {
  if (!isObject(manifest))
    return [
      { path, message: 'is not a Kubernetes object: expected a map with apiVersion, kind and metadata' },
    ];
  const problems: { path: string; message: string }[] = [];
  for (const field of ['apiVersion', 'kind'] as const) {
    const value = manifest[field];
    if (typeof value !== 'string' || value.trim() === '') {
      problems.push({ path: `${path}.${field}`, message: 'is missing' });
    }
  }
  if (!isObject(manifest['metadata'])) {
    problems.push({ path: `${path}.metadata`, message: 'is missing' });
  } else if (nameOf(manifest) === '' && !isGenerated(manifest)) {
    problems.push({ path: `${path}.metadata.name`, message: 'is missing: give a name or a generateName' });
  }
  return problems;
}
