import { planManifests } from '../plan/plan-manifests.js';
import { type DeployManifest, deployManifest, deployManifestSchema, manifestsOf } from './deploy-manifest.js';
import { type KubernetesOperation } from './kubernetes-operation.js';

/** Says what deployManifest would do with the same description. Read-only. */
export const planManifestsOperation: KubernetesOperation<DeployManifest> = {
  kind: 'planManifests',
  schema: deployManifestSchema,
  targets: (description, account) => deployManifest.targets(description, account),
  check: (description, account) => deployManifest.check?.(description, account),
  run: async (description, { client, account, deploySettings, reservations, context }) => {
    const manifests = await manifestsOf(description, account);
    const services = { client, account, deploySettings, reservations, signal: context.waitSignal };
    return { plan: await planManifests(description, manifests, services) };
  },
};
