import { kindProperties, parseFullResourceName, printKind, replicasOf } from '@gennaker/manifest';
import { z } from 'zod';
import { inWords } from '../client/kubernetes-error.js';
import { type KubernetesAccount } from '../accounts/kubernetes-account.js';
import {
  baseDescription,
  type KubernetesOperation,
  type KubernetesRun,
  location,
  manifestName,
} from './kubernetes-operation.js';
import { guardTraffic } from './traffic-guard.js';
import {
  changeObject,
  objectResult,
  readTarget,
  requireAbility,
  type Target,
  targetDescription,
  targetOf,
  targetRef,
  unsupported,
} from './target-object.js';

const replicas = z.coerce.number().int('must be a whole number').min(0, 'must not be negative');

const scaleSchema = targetDescription.extend({
  replicas: replicas.nullish().transform((value) => value ?? 0),
});

/** Sets an object's size through its scale subresource, as `kubectl scale` does. */
export const scaleManifest: KubernetesOperation<z.output<typeof scaleSchema>> = {
  kind: 'scaleManifest',
  schema: scaleSchema,
  targets: (description) => [targetOf(description)],
  check: (description, account) => requireScale(description, account),
  run: (description, run) => scale(description, description.replicas, run),
};

const resizeSchema = baseDescription.extend({
  serverGroupName: manifestName,
  region: location,
  capacity: z.object({ desired: replicas }, { error: 'is missing: give capacity.desired' }),
});

/** The same under its older name. */
export const resizeServerGroup: KubernetesOperation<z.output<typeof resizeSchema>> = {
  kind: 'resizeServerGroup',
  schema: resizeSchema,
  targets: ({ serverGroupName, region }) => [targetOf({ manifestName: serverGroupName, location: region })],
  check: ({ serverGroupName, region }) => {
    const target = { manifestName: serverGroupName, location: region };
    requireAbility(target, 'resize', 'resize');
    // A DaemonSet runs one pod on each node: there is no size to set.
    if (!kindProperties(parseFullResourceName(serverGroupName).kind).abilities.has('scale'))
      throw unsupported(target, 'resize');
  },
  run: ({ serverGroupName, region, capacity }, run) =>
    scale({ manifestName: serverGroupName, location: region }, capacity.desired, run),
};

/** Custom kinds may be scaled where their definition has the subresource. */
async function requireScale(target: Target, account: KubernetesAccount): Promise<void> {
  const { kind } = parseFullResourceName(target.manifestName);
  if (kindProperties(kind).abilities.has('scale')) return;
  const resource = kind.group === '' ? undefined : await account.client.findResource(printKind(kind));
  if (!resource?.subresources.includes('scale')) throw unsupported(target, 'scale');
}

async function scale(target: Target, size: number, run: KubernetesRun) {
  const { client, context } = run;
  if (size === 0) await guardTraffic('Scaling to zero', target, run);
  const after = await changeObject(run, { id: 'scale', target }, async () => {
    const before = await readTarget(target, run);
    if (replicasOf(before) === size) return { outcome: 'unchanged', before, after: before };
    context.log('SCALE_KUBERNETES_MANIFEST', `Scaling ${target.manifestName} to ${size}...`);
    await inWords(`Failed to scale ${target.manifestName} from ${target.location}:`, () =>
      client.patch(
        targetRef(target),
        { spec: { replicas: size } },
        { type: 'merge', subresource: 'scale', signal: context.signal },
      ),
    );
    return { outcome: 'scaled', before, after: await readTarget(target, run) };
  });
  return objectResult(after);
}
