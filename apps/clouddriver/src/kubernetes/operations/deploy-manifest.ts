import { type Artifact, normaliseArtifact } from '@gennaker/artifact';
import { type SqlStatement } from '@gennaker/event-store';
import { type FieldProblem, InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import {
  type DeployDecision,
  type DeployPlan,
  flattenManifests,
  fullResourceName,
  isGenerated,
  isKind,
  kindProperties,
  kindOfManifest,
  labelsOf,
  labelSelectorsSchema,
  labelSelectorText,
  type Manifest,
  manifestProblems,
  matchesSelectors,
  nameOf,
  namespaceOf,
  overrideNamespace,
  planDeploy,
  type PlannedManifest,
  printKind,
  readsForDeploy,
  replicasOf,
  specOf,
} from '@gennaker/manifest';
import { kubernetesMoniker, monikerSchema } from '@gennaker/moniker';
import { z } from 'zod';
import { type KubernetesAccount } from '../accounts/kubernetes-account.js';
import { Served } from '../apply/served.js';
import { ManifestSender } from './manifest-sender.js';
import { namesByNamespace, shown } from './shown-manifests.js';
import { guardTraffic, isGuardedKind } from './traffic-guard.js';
import { readCluster, VersionsTaken } from './cluster-view.js';
import {
  anyObject,
  baseDescription,
  flag,
  isNamespaced,
  type KubernetesOperation,
  type KubernetesRun,
  listOf,
  type NamedTarget,
} from './kubernetes-operation.js';

const STRATEGIES: Record<string, string | null> = {
  '': null,
  none: null,
  redblack: 'RED_BLACK',
  bluegreen: 'BLUE_GREEN',
  highlander: 'HIGHLANDER',
};

export const deployManifestSchema = baseDescription.extend({
  manifests: listOf(z.unknown()),
  /** Older pipelines name a single one. */
  manifest: z.unknown().optional(),
  moniker: monikerSchema.nullish().transform((moniker) => moniker ?? {}),
  requiredArtifacts: listOf(anyObject.transform(normaliseArtifact)),
  optionalArtifacts: listOf(anyObject.transform(normaliseArtifact)),
  enableArtifactBinding: flag(true),
  versioned: z
    .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
    .nullish()
    .transform((value) => value ?? null),
  namespaceOverride: z.string().nullish(),
  enableTraffic: flag(true),
  services: listOf(z.string()),
  strategy: z
    .string()
    .nullish()
    .transform((text, context) => {
      const strategy = STRATEGIES[(text ?? '').toLowerCase().replaceAll(/[_-]/g, '')];
      if (strategy === undefined) {
        context.addIssue({
          code: 'custom',
          message: `is not a strategy: ${text}; use redblack, bluegreen, highlander or none`,
        });
        return z.NEVER;
      }
      return strategy;
    }),
  labelSelectors: labelSelectorsSchema.nullish().transform((value) => value ?? { selectors: [] }),
  allowNothingSelected: flag(false),
  skipSpecTemplateLabels: flag(false),
});

export type DeployManifest = z.output<typeof deployManifestSchema>;

export const deployManifest: KubernetesOperation<DeployManifest> = {
  kind: 'deployManifest',
  schema: deployManifestSchema,
  targets: async (description, account) => {
    const manifests = await manifestsOf(description, account);
    return Promise.all(manifests.map((manifest) => targetOf(manifest, manifests, account)));
  },
  check: (description) => {
    const given = givenManifests(description);
    const problems = given.flatMap((manifest, index) => problemsOf(manifest, `manifests[${index}]`));
    if (problems.length === 0 && flattenManifests(given).length === 0) {
      problems.push({ path: 'manifests', message: 'is missing: give at least one manifest' });
    }
    if (problems.length > 0) throw new InvalidInputError('kubernetes.invalid_manifest', problems);
  },
  run: async (description, run) => {
    const manifests = await manifestsOf(description, run.account);
    return deploy(description, manifests, run);
  },
};

/** An empty document, as a trailing `---` leaves it, is no problem; a List is looked into. */
function problemsOf(manifest: unknown, path: string): FieldProblem[] {
  if (manifest === null) return [];
  if (!isObject(manifest)) return manifestProblems(manifest, path);
  return flattenManifests([manifest]).flatMap((one) => manifestProblems(one, path));
}

function givenManifests({ manifests, manifest }: DeployManifest): unknown[] {
  if (manifests.length > 0) return manifests;
  return manifest == null ? [] : [manifest];
}

export async function manifestsOf(
  description: DeployManifest,
  account: KubernetesAccount,
): Promise<Manifest[]> {
  const manifests = flattenManifests(givenManifests(description));
  const { namespaceOverride } = description;
  if (!namespaceOverride) return manifests;
  const scopes = new Map<string, boolean>();
  for (const manifest of manifests) {
    const kind = kindOfManifest(manifest);
    scopes.set(printKind(kind), Served.scopeIn(manifests, manifest) ?? (await isNamespaced(kind, account)));
  }
  return overrideNamespace(manifests, namespaceOverride, (kind) => scopes.get(printKind(kind)) ?? true);
}

async function targetOf(
  manifest: Manifest,
  manifests: readonly Manifest[],
  account: KubernetesAccount,
): Promise<NamedTarget> {
  const kind = kindOfManifest(manifest);
  const namespaced = Served.scopeIn(manifests, manifest) ?? (await isNamespaced(kind, account));
  return { kind, namespace: namespaceOf(manifest), namespaced, name: nameOf(manifest) };
}

interface JournalledPlan extends JsonObject {
  decisions: DeployDecision[];
  /** Selectors of the load balancers that are attached, by namespace and name. */
  selectors: Record<string, unknown>;
}

export interface DeployOptions {
  /** Keeps the steps of several deploys within one operation apart. */
  stepPrefix?: string;
  /** Decided by the caller, for manifests without versions. */
  decisions?: DeployDecision[];
}

/** Deploys manifests; also what runJob and deployCanary end in. */
export async function deploy(
  description: Omit<DeployManifest, 'manifests'>,
  manifests: readonly Manifest[],
  run: KubernetesRun,
  options: DeployOptions = {},
): Promise<JsonObject> {
  const request = { ...description, manifests };
  const { context, client, deploySettings } = run;
  const journalled: JournalledPlan = options.decisions
    ? { decisions: options.decisions, selectors: {} }
    : await context.plan<JournalledPlan>(() => decide(request, run));
  const { selectors, decisions } = journalled;
  const plan = planDeploy(
    request,
    {
      objectsOf: () => [],
      reservedVersions: () => [],
      find: (kind, namespace, name) => {
        const selector = selectors[`${namespace}/${printKind(kind)} ${name}`];
        return selector === undefined
          ? undefined
          : { apiVersion: 'v1', kind: kind.name, metadata: { name }, spec: { selector } };
      },
    },
    deploySettings,
    decisions,
  );
  const selected = selectManifests(description, plan);
  await guardTaken(selected, run);
  const served = new Served(
    client,
    plan.manifests.map(({ manifest }) => manifest),
  );
  const sender = new ManifestSender(run, served, options.stepPrefix);
  return resultOf(plan, selected, await sender.sendAll(selected));
}

/**
 * The recreate strategy deletes first, which is a moment without pods for whoever is served by them; and a manifest may
 * say that there are to be none.
 */
async function guardTaken(planned: readonly PlannedManifest[], run: KubernetesRun): Promise<void> {
  if (run.context.hasActed) return;
  const guards = new Map<string, boolean>();
  for (const { manifest, strategy } of planned) {
    const recreated = strategy.deployStrategy === 'RECREATE';
    if (isGenerated(manifest) || !(recreated || replicasOf(manifest) === 0)) continue;
    const { spinnakerKind } = kindProperties(
      kindOfManifest(manifest),
      run.account.definition.customResources,
    );
    // Nobody is served by a Job.
    if (!isGuardedKind(spinnakerKind) || isKind(manifest, 'job')) continue;
    const { app } = kubernetesMoniker(manifest);
    if (!app) continue;
    if (!guards.has(app)) guards.set(app, (await run.guards.of(app)).length > 0);
    if (!guards.get(app)) continue;
    const target = { manifestName: fullResourceName(manifest), location: namespaceOf(manifest) };
    await guardTraffic(recreated ? 'Recreating' : 'Scaling to zero', target, run);
  }
}

/** Looks at the cluster and decides on versions and sizes; the versions are taken in the same commit. */
async function decide(
  request: Parameters<typeof planDeploy>[0],
  { client, context, account, deploySettings, reservations }: KubernetesRun,
): Promise<{ plan: JournalledPlan; statements: SqlStatement[] }> {
  const reads = readsForDeploy(request, deploySettings);
  const taken = new VersionsTaken(await reservations.of(account.name), client.defaultNamespace);
  // In this order: see VersionReservations.
  const view = await readCluster(client, reads, context.signal);
  const plan = planDeploy(
    request,
    { ...view, reservedVersions: (...key) => taken.of(...key) },
    deploySettings,
  );
  const selectors: Record<string, unknown> = {};
  for (const { kind, namespace, name } of reads.objects) {
    const found = view.find(kind, namespace, name);
    if (found && printKind(kind) === 'service') {
      selectors[`${namespace}/service ${name}`] = specOf(found)['selector'] ?? {};
    }
  }
  const decisions = plan.manifests.map(({ version, reused, sourceReplicas }) => ({
    version,
    reused,
    sourceReplicas,
  }));
  const wanted = plan.manifests
    .filter(({ version, reused }) => version !== null && !reused)
    .map(({ version, artifact, manifest }) => ({
      account: account.name,
      namespace: namespaceOf(manifest) || client.defaultNamespace,
      kind: printKind(kindOfManifest(manifest)),
      name: artifact.name ?? '',
      version: version ?? 0,
    }));
  const statements = reservations.reserve(context.id, wanted);
  return { plan: { decisions, selectors }, statements };
}

export function selectManifests(
  description: Omit<DeployManifest, 'manifests'>,
  plan: DeployPlan,
): PlannedManifest[] {
  const { selectors } = description.labelSelectors;
  if (selectors.length === 0) return plan.manifests;
  const text = labelSelectorText(selectors);
  const replaced = plan.manifests.find(({ strategy }) => strategy.deployStrategy === 'REPLACE');
  if (replaced) {
    throw new InvalidInputError(
      'kubernetes.selector_with_replace',
      `label selectors do not work with the replace strategy, which ${fullResourceName(replaced.manifest)} asks for`,
    );
  }
  const selected = plan.manifests.filter(({ manifest }) => matchesSelectors(selectors, labelsOf(manifest)));
  if (selected.length === 0 && !description.allowNothingSelected) {
    throw new InvalidInputError(
      'kubernetes.nothing_selected',
      `nothing deployed to account ${description.account} with label selector(s) ${text}`,
    );
  }
  return selected;
}

function resultOf(
  plan: DeployPlan,
  selected: readonly PlannedManifest[],
  deployed: readonly Manifest[],
): JsonObject {
  const manifests = deployed.map(shown);
  return {
    manifestNamesByNamespace: namesByNamespace(manifests),
    manifests,
    createdArtifacts: selected.map((planned, index) => createdArtifact(planned, deployed[index])),
    boundArtifacts: plan.boundArtifacts,
  };
}

/** An object that got its name on the way is known by it. */
function createdArtifact({ artifact, manifest }: PlannedManifest, deployed: Manifest | undefined): Artifact {
  if (!isGenerated(manifest) || deployed === undefined) return artifact;
  return { ...artifact, name: nameOf(deployed), reference: nameOf(deployed) };
}
