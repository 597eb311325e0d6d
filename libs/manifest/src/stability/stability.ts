import { kindKey, kindOfManifest, type KubernetesKind, parseKind } from '../kind.js';
import { type Manifest, metadataOf } from '../manifest.js';
import { manifestStatus } from '../status/manifest-status.js';
import {
  conditionStability,
  gatewayStability,
  istioStability,
  knativeStability,
  rolloutStability,
  routeStability,
  servedStability,
} from './condition-stability.js';
import { type Stability } from './stability-verdict.js';

type Rule = (manifest: Manifest) => Stability;

const BY_KIND = new Map<string, Rule>(
  (
    [
      ['Service.serving.knative.dev', knativeStability],
      ['Configuration.serving.knative.dev', knativeStability],
      ['Revision.serving.knative.dev', knativeStability],
      ['Route.serving.knative.dev', knativeStability],
      ['Rollout.argoproj.io', rolloutStability],
      ['Gateway.gateway.networking.k8s.io', gatewayStability],
      ['HTTPRoute.gateway.networking.k8s.io', routeStability],
      ['GRPCRoute.gateway.networking.k8s.io', routeStability],
      ['TLSRoute.gateway.networking.k8s.io', routeStability],
      ['TCPRoute.gateway.networking.k8s.io', routeStability],
      ['UDPRoute.gateway.networking.k8s.io', routeStability],
      ['customResourceDefinition', (manifest) => servedStability(manifest, 'Established')],
      ['apiService', (manifest) => servedStability(manifest, 'Available')],
    ] satisfies [string, Rule][]
  ).map(([kind, rule]) => [kindKey(parseKind(kind)), rule]),
);

const ISTIO_GROUPS = /\.istio\.io$/;

function ruleFor(kind: KubernetesKind): Rule {
  const rule = BY_KIND.get(kindKey(kind));
  if (rule) return rule;
  if (kind.group === '') return spinnakerStability;
  return ISTIO_GROUPS.test(kind.group) ? istioStability : conditionStability;
}

/**
 * Whether an object has become what was asked of it. Built-in kinds by Spinnaker's rules, custom resources by their
 * conditions. Undefined: the object is gone.
 */
export function stabilityOf(manifest: Manifest | undefined): Stability {
  if (!manifest) return { state: 'deleted', message: 'The object does not exist any more' };
  return ruleFor(kindOfManifest(manifest))(manifest);
}

function spinnakerStability(manifest: Manifest): Stability {
  const { stable, paused, failed } = manifestStatus(manifest);
  if (failed.state) return { state: 'failed', message: failed.message };
  if (metadataOf(manifest)['deletionTimestamp'] !== undefined)
    return { state: 'waiting', message: 'Being deleted' };
  if (stable.state) return { state: 'stable', message: stable.message };
  if (paused.state) return { state: 'paused', message: paused.message ?? 'Paused' };
  return { state: 'waiting', message: stable.message };
}
