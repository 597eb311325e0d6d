import { type FieldProblem, GennakerError, type JsonObject, messageOf } from '@gennaker/kernel';
import {
  diffManifests,
  fullResourceName,
  isGenerated,
  kindOfManifest,
  type Manifest,
  type ManifestDiff,
  mayBeReferenced,
  metadataOf,
  namespaceOf,
  planDeploy,
  type PlannedManifest,
  printKind,
  readsForDeploy,
  strategyOf,
  surplusVersions,
} from '@gennaker/manifest';
import { type VersionReservations } from '../../operations/version-reservations.js';
import { Autoscalers } from '../apply/autoscalers.js';
import { ManifestWriter, type WriteResult } from '../apply/manifest-writer.js';
import { Served } from '../apply/served.js';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { referencesTo } from '../operations/cleanup-artifacts.js';
import { readCluster, VersionsTaken } from '../operations/cluster-view.js';
import { type DeployManifest, selectManifests } from '../operations/deploy-manifest.js';
import { type KubernetesRun } from '../operations/kubernetes-operation.js';

/** What a deploy would do to one object. */
export interface PlannedChange {
  /** `deployment web`, with its version where it has one. */
  manifestName: string;
  location: string;
  outcome: 'create' | 'change' | 'replace' | 'none' | 'refused';
  /** Which fields would change; a Secret's values are hidden. */
  diff?: ManifestDiff;
  /** Why the cluster refuses it, in its own words. */
  error?: { message: string; problems: FieldProblem[] };
  /** Why the cluster could not be asked, such as a kind that comes with the same deploy. */
  note?: string;
}

export interface ManifestPlan extends JsonObject {
  manifests: PlannedChange[];
  /** Old versions that the clean-up after the deploy would delete. */
  pruned: { manifestName: string; location: string }[];
  createdArtifacts: unknown[];
  boundArtifacts: unknown[];
}

export interface PlanServices {
  client: KubernetesClient;
  account: KubernetesRun['account'];
  deploySettings: KubernetesRun['deploySettings'];
  reservations: VersionReservations;
  signal: AbortSignal;
}

/** Asks the server what a deploy would do, object by object, through admission and validation. Changes nothing. */
export async function planManifests(
  description: Omit<DeployManifest, 'manifests'>,
  manifests: readonly Manifest[],
  services: PlanServices,
): Promise<ManifestPlan> {
  const { client, account, deploySettings, reservations, signal } = services;
  const request = { ...description, manifests };
  const taken = new VersionsTaken(await reservations.of(account.name), client.defaultNamespace);
  const view = await readCluster(client, readsForDeploy(request, deploySettings), signal);
  const plan = planDeploy(
    request,
    { ...view, reservedVersions: (...key) => taken.of(...key) },
    deploySettings,
  );
  const writer = new ManifestWriter(client, { signal, dryRun: true });
  const autoscalers = new Autoscalers(client, signal);
  const together = plan.manifests.map(({ manifest }) => manifest);
  const changes: PlannedChange[] = [];
  const selected = selectManifests(description, plan);
  for (const planned of selected) {
    changes.push(await changeOf(planned, together, { writer, autoscalers }));
  }
  return {
    manifests: changes,
    pruned: await prunedBy(selected, client, signal),
    createdArtifacts: selected.map(({ artifact }) => artifact),
    boundArtifacts: plan.boundArtifacts,
  };
}

interface Tools {
  writer: ManifestWriter;
  autoscalers: Autoscalers;
}

async function changeOf(
  planned: PlannedManifest,
  together: readonly Manifest[],
  tools: Tools,
): Promise<PlannedChange> {
  const { manifest } = planned;
  const name = isGenerated(manifest)
    ? `${printKind(kindOfManifest(manifest))} ${String(metadataOf(manifest)['generateName'])}`
    : fullResourceName(manifest);
  const place = { manifestName: name, location: namespaceOf(manifest) };
  try {
    const { outcome, before, after } = await tryOut(planned, tools);
    const change = OUTCOMES[outcome] ?? 'change';
    return change === 'none'
      ? { ...place, outcome: change }
      : { ...place, outcome: change, diff: diffManifests(before, after) };
  } catch (error) {
    const note = error instanceof KubernetesApiError ? notAskable(error, manifest, together) : undefined;
    if (note !== undefined)
      return { ...place, outcome: 'create', diff: diffManifests(undefined, manifest), note };
    // What cannot be reached is no plan; what is refused is one.
    if (!(error instanceof GennakerError) || error.status >= 500) throw error;
    const causes = error instanceof KubernetesApiError ? error.causes : [];
    const problems = causes.map(({ field, message }) => ({ path: field, message }));
    return { ...place, outcome: 'refused', error: { message: messageOf(error), problems } };
  }
}

const OUTCOMES: Partial<Record<WriteResult['outcome'], PlannedChange['outcome']>> = {
  created: 'create',
  configured: 'change',
  unchanged: 'none',
  replaced: 'replace',
};

async function tryOut(
  { manifest, strategy }: PlannedManifest,
  { writer, autoscalers }: Tools,
): Promise<WriteResult> {
  if (isGenerated(manifest)) return writer.createGenerated(manifest, 'plan', 'xxxxx');
  const before = await writer.current(manifest);
  const sized = await autoscalers.respect(manifest, () => Promise.resolve(before));
  switch (strategy.deployStrategy) {
    case 'RECREATE':
      // The server would compare it with the object that is to make room for it.
      return before ? { outcome: 'replaced', before, after: sized } : writer.apply(sized);
    case 'REPLACE':
      return writer.replace(sized);
    case 'SERVER_SIDE_APPLY':
      return writer.serverSideApply(sized, strategy.forceConflicts);
    default:
      return writer.apply(sized);
  }
}

function notAskable(
  error: KubernetesApiError,
  manifest: Manifest,
  together: readonly Manifest[],
): string | undefined {
  if (!error.notFound) return undefined;
  if (Served.scopeIn(together, manifest) !== undefined) {
    return 'The kind comes with this deploy, so the cluster cannot check the object yet';
  }
  const namespace = namespaceOf(manifest);
  const comes = together.some((other) => fullResourceName(other) === `namespace ${namespace}`);
  return comes
    ? 'The namespace comes with this deploy, so the cluster cannot check the object yet'
    : undefined;
}

async function prunedBy(
  planned: readonly PlannedManifest[],
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<{ manifestName: string; location: string }[]> {
  const pruned = new Map<string, { manifestName: string; location: string }>();
  for (const { manifest } of planned) {
    if (strategyOf(manifest).maxVersionHistory === undefined) continue;
    const namespace = namespaceOf(manifest);
    const kind = printKind(kindOfManifest(manifest));
    const existing: Manifest[] = await client.listAll(kind, {
      namespace: namespace || client.defaultNamespace,
      signal,
    });
    const others = existing.filter((object) => fullResourceName(object) !== fullResourceName(manifest));
    const newest = {
      ...manifest,
      metadata: { ...metadataOf(manifest), creationTimestamp: '9999-12-31T23:59:59Z' },
    };
    if (surplusVersions(newest, [...others, newest], new Set()).length === 0) continue;
    const referenced = mayBeReferenced(manifest)
      ? await referencesTo(kind, namespace, client, signal)
      : new Set<string>();
    for (const object of surplusVersions(newest, [...others, newest], referenced)) {
      const place = { manifestName: fullResourceName(object), location: namespaceOf(object) };
      pruned.set(`${place.location}/${place.manifestName}`, place);
    }
  }
  return [...pruned.values()];
}
