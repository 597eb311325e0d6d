import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import {
  applyJsonPatch,
  attachPatch,
  currentPods,
  detachPatch,
  fullResourceName,
  isKind,
  isOwnedBy,
  type JsonPatchOperation,
  loadBalancersOf,
  type Manifest,
  metadataOf,
  nameOf,
  namespaceOf,
  parseFullResourceName,
  podSelectorOf,
  printKind,
  selectorOfLoadBalancer,
  templateOf,
} from '@gennaker/manifest';
import { z } from 'zod';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { type KubernetesOperation, type KubernetesRun, listOf } from './kubernetes-operation.js';
import { guardTraffic } from './traffic-guard.js';
import {
  changeObject,
  objectResult,
  readTarget,
  requireAbility,
  targetDescription,
  targetOf,
  targetOfObject,
  targetRef,
} from './target-object.js';

const schema = targetDescription.extend({
  loadBalancers: listOf(z.string()),
  targetPercentage: z.coerce
    .number()
    .min(0)
    .max(100)
    .nullish()
    .transform((value) => value ?? 100),
});

type Description = z.output<typeof schema>;
type Selector = Record<string, string>;

/** Pods that are changed at a time. */
const PODS_AT_A_TIME = 10;

function trafficOperation(kind: string, enable: boolean): KubernetesOperation<Description> {
  return {
    kind,
    schema,
    targets: (description) => [
      targetOf(description),
      { ...targetOf(description), ...parseFullResourceName('pod any') },
    ],
    check: (description) => {
      requireAbility(description, 'receiveTraffic', enable ? 'enable' : 'disable');
      for (const name of description.loadBalancers) checkLoadBalancerName(name);
    },
    run: async (description, run) => {
      if (!enable) await guardTraffic('Disabling', description, run);
      const live = await liveTarget(description, run);
      const selectors = await selectorsOf(description, live, run);
      const whole = description.targetPercentage >= 100;
      // The template decides about pods to come: it changes only when the object changes sides as a whole.
      const after = whole || enable ? await changeTraffic(run, 'target', live, { selectors, enable }) : live;
      const pods = templateOf(live) ? await podsOf(live, run) : [];
      const count = Math.ceil((pods.length * description.targetPercentage) / 100);
      await changePods(run, pods.slice(0, count), { selectors, enable });
      run.context.log(
        enable ? 'ENABLE_KUBERNETES_MANIFEST' : 'DISABLE_KUBERNETES_MANIFEST',
        `${description.manifestName}: ${enable ? 'attached to' : 'detached from'} ${selectors.length} load balancer(s), ${count} of ${pods.length} pods`,
      );
      return objectResult(after);
    },
  };
}

export const enableManifest = trafficOperation('enableManifest', true);
export const disableManifest = trafficOperation('disableManifest', false);

function checkLoadBalancerName(text: string): void {
  if (/^\S+ \S+$/.test(text)) return;
  throw new InvalidInputError('operation.invalid', [
    {
      path: 'loadBalancers',
      message: `Load balancers must be specified in the form '{kind} {name}', e.g. 'service my-service'. Got: ${text}`,
    },
  ]);
}

async function liveTarget(description: Description, run: KubernetesRun): Promise<Manifest> {
  try {
    return await readTarget(description, run);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError(
      'kubernetes.manifest_not_found',
      `Could not find kubernetes manifest ${description.manifestName} in ${description.location}`,
    );
  }
}

async function selectorsOf(
  description: Description,
  live: Manifest,
  { client, context }: KubernetesRun,
): Promise<Selector[]> {
  const names = description.loadBalancers.length > 0 ? description.loadBalancers : loadBalancersOf(live);
  return Promise.all(
    names.map(async (text) => {
      checkLoadBalancerName(text);
      const { kind, name } = parseFullResourceName(text);
      const namespace = namespaceOf(live);
      const found = await client.find({ kind: printKind(kind), name, namespace }, { signal: context.signal });
      if (!found)
        throw new NotFoundError(
          'kubernetes.load_balancer_not_found',
          `Could not find load balancer ${text} in ${namespace}`,
        );
      return selectorOfLoadBalancer(found);
    }),
  );
}

interface Change {
  selectors: readonly Selector[];
  enable: boolean;
}

/** Labels go on and off as a whole: what is there already is left out, so a repetition changes nothing. */
function patchFor(live: Manifest, { selectors, enable }: Change): JsonPatchOperation[] {
  const patch: JsonPatchOperation[] = [];
  let state = live;
  for (const selector of selectors) {
    const part = enable ? attachPatch(selector, state) : detachPatch(selector, state);
    patch.push(...part);
    state = applyJsonPatch(state, part) as Manifest;
  }
  return patch;
}

function changeTraffic(run: KubernetesRun, id: string, object: Manifest, change: Change): Promise<Manifest> {
  const target = targetOfObject(object);
  return changeObject(run, { id, target }, async () => {
    const before = await readTarget(target, run);
    const patch = patchFor(before, change);
    if (patch.length === 0) return { outcome: 'unchanged', before, after: before };
    const after: Manifest = await run.client.patch(targetRef(target), patch, {
      type: 'json',
      signal: run.context.signal,
    });
    return { outcome: 'patched', before, after };
  });
}

/** The pods that carry an object's traffic now, those of older revisions included. */
async function podsOf(live: Manifest, { client, context }: KubernetesRun): Promise<Manifest[]> {
  const labelSelector = podSelectorOf(live);
  if (labelSelector === undefined) return [];
  const scope = { namespace: namespaceOf(live), labelSelector, signal: context.signal };
  const pods: Manifest[] = await client.listAll('pods', scope);
  if (!isKind(live, 'deployment')) return currentPods(live, pods, []);
  const sets: Manifest[] = (await client.listAll('replicasets', scope)).filter((set) => isOwnedBy(set, live));
  return pods.filter((pod) => sets.some((set) => isOwnedBy(pod, set)));
}

async function changePods(run: KubernetesRun, pods: readonly Manifest[], change: Change): Promise<void> {
  const { client, context, account } = run;
  const waiting = pods.filter(
    (pod) => metadataOf(pod)['deletionTimestamp'] === undefined && patchFor(pod, change).length > 0,
  );
  if (waiting.length === 0) return;
  const [first] = waiting;
  const name = `${waiting.length} pods of ${String(first && nameOf(first)).replace(/-[a-z0-9]+$/, '')}`;
  await context.step(
    'pods',
    { object: { account: account.name, namespace: first ? namespaceOf(first) : '', name } },
    async () => {
      for (let start = 0; start < waiting.length; start += PODS_AT_A_TIME) {
        await Promise.all(
          waiting.slice(start, start + PODS_AT_A_TIME).map(async (pod) => {
            try {
              await client.patch(targetRef(targetOfObject(pod)), patchFor(pod, change), {
                type: 'json',
                signal: context.signal,
              });
            } catch (error) {
              // A pod that is gone carries no traffic; one that changed meanwhile is looked at again.
              if (!(error instanceof KubernetesApiError)) throw error;
              if (!error.notFound) await retryPod(run, pod, change, error);
            }
          }),
        );
      }
      return { outcome: 'patched' };
    },
  );
}

async function retryPod(
  { client, context }: KubernetesRun,
  pod: Manifest,
  change: Change,
  cause: KubernetesApiError,
): Promise<void> {
  const ref = targetRef(targetOfObject(pod));
  const again: Manifest | undefined = await client.find(ref, { signal: context.signal });
  if (!again) return;
  const patch = patchFor(again, change);
  if (patch.length === 0) return;
  if (cause.status >= 500) throw cause;
  await client.patch(ref, patch, { type: 'json', signal: context.signal });
  context.log('TRAFFIC', `${fullResourceName(pod)} changed meanwhile and was patched again`);
}
