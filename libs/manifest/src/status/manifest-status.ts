import { kindKey, kindOfManifest, parseKind } from '../kind.js';
import { type Manifest } from '../manifest.js';
import { type ManifestStatus, stableStatus } from './status.js';
import {
  cronJobStatus,
  daemonSetStatus,
  deploymentStatus,
  horizontalPodAutoscalerStatus,
  jobStatus,
  podStatus,
  replicaSetStatus,
  statefulSetStatus,
} from './workload.status.js';

const RULES = new Map<string, (manifest: Manifest) => ManifestStatus>(
  Object.entries({
    deployment: deploymentStatus,
    replicaSet: replicaSetStatus,
    statefulSet: statefulSetStatus,
    daemonSet: daemonSetStatus,
    job: jobStatus,
    cronJob: cronJobStatus,
    pod: podStatus,
    horizontalpodautoscaler: horizontalPodAutoscalerStatus,
  }).map(([kind, rule]) => [kindKey(parseKind(kind)), rule]),
);

/**
 * An object's status exactly as Spinnaker reports it: kinds without a rule are always stable. For what a deploy waits
 * for, see `stabilityOf`, which knows more.
 */
export function manifestStatus(manifest: Manifest): ManifestStatus {
  return RULES.get(kindKey(kindOfManifest(manifest)))?.(manifest) ?? stableStatus();
}
