import { ConflictError, isObject } from '@gennaker/kernel';
import {
  annotationsOf,
  fullResourceName,
  isKind,
  kindOfManifest,
  kindProperties,
  listAt,
  loadBalancersOf,
  type Manifest,
  membersOf,
  metadataOf,
  namespaceOf,
  numberAt,
  printKind,
  receivesTraffic,
  selectorOfLoadBalancer,
  specOf,
  statusOf,
  uidOf,
} from '@gennaker/manifest';
import { kubernetesMoniker, MONIKER_ANNOTATIONS } from '@gennaker/moniker';
import { type KubernetesRun } from './kubernetes-operation.js';
import { type Target, targetRef } from './target-object.js';

const GUARDED = new Set(['serverGroups', 'serverGroupManagers']);

/**
 * Refuses what would leave a guarded cluster without running pods: `what` says what is about to happen to the object.
 * Nothing is refused when nothing runs now.
 */
export async function guardTraffic(what: string, target: Target, run: KubernetesRun): Promise<void> {
  const { client, context } = run;
  const object: Manifest | undefined = await client.find(targetRef(target), { signal: context.signal });
  if (object) await guardObjects(what, [object], run);
}

export async function guardObjects(
  what: string,
  objects: readonly Manifest[],
  run: KubernetesRun,
): Promise<void> {
  // Deciding anew after the effect would count the object that is already gone.
  if (run.context.hasActed) return;
  for (const object of objects) {
    const { spinnakerKind } = kindProperties(kindOfManifest(object), run.account.definition.customResources);
    if (!isGuardedKind(spinnakerKind) || listAt(metadataOf(object), 'ownerReferences').length > 0) continue;
    if (await isGuarded(object, run)) await guardObject(what, object, objects, run);
  }
}

export function isGuardedKind(spinnakerKind: string): boolean {
  return GUARDED.has(spinnakerKind);
}

export async function isGuarded(object: Manifest, { account, guards }: KubernetesRun): Promise<boolean> {
  const { app, stack, detail } = kubernetesMoniker(object);
  if (!app) return false;
  const fits = (wanted: string | null | undefined, actual: string | null): boolean =>
    wanted === '*' || (wanted ?? '') === (actual ?? '');
  return (await guards.of(app)).some(
    (guard) =>
      guard.enabled !== false &&
      fits(guard.account, account.name) &&
      fits(guard.location, namespaceOf(object)) &&
      fits(guard.stack, stack) &&
      fits(guard.detail, detail),
  );
}

async function guardObject(
  what: string,
  object: Manifest,
  going: readonly Manifest[],
  { client, context, account }: KubernetesRun,
): Promise<void> {
  const annotations = annotationsOf(object);
  const cluster = annotations[MONIKER_ANNOTATIONS.cluster] ?? '';
  const app = annotations[MONIKER_ANNOTATIONS.application] ?? '';
  const kind = printKind(kindOfManifest(object));
  const namespace = namespaceOf(object);
  const sameKind = await client.listAll(kind, { namespace, signal: context.signal });
  const members: Manifest[] = cluster === '' ? [object] : membersOf(sameKind, app, cluster);
  const gone = new Set(going.map(uidOf));
  const services: Manifest[] = await client.listAll('services', { namespace, signal: context.signal });
  const serving = members.filter((member) => isEnabled(member, services));
  const running = serving.reduce((sum, member) => sum + up(member), 0);
  const left = serving
    .filter((member) => !gone.has(uidOf(member)))
    .reduce((sum, member) => sum + up(member), 0);
  if (running === 0 || left > 0) return;
  throw new ConflictError(
    'kubernetes.traffic_guard',
    `This cluster ('${cluster || annotations['name'] || kind}' in ${account.name}/${namespace}) has traffic guards enabled. ${what} ${kind} ${String(metadataOf(object)['name'])} would leave the cluster with no instances up.`,
  );
}

/** An object that names load balancers serves only while one of them reaches it. */
function isEnabled(member: Manifest, services: readonly Manifest[]): boolean {
  const names = loadBalancersOf(member);
  if (names.length === 0) return true;
  return services.some((service) => names.includes(fullResourceName(service)) && isReached(service, member));
}

function isReached(service: Manifest, member: Manifest): boolean {
  const { selector } = specOf(service);
  return isObject(selector) && receivesTraffic(selectorOfLoadBalancer(service), member);
}

function up(member: Manifest): number {
  const status = statusOf(member);
  if (isKind(member, 'daemonSet')) return numberAt(status, 'numberReady') ?? 0;
  return numberAt(status, 'readyReplicas') ?? numberAt(status, 'active') ?? 0;
}
