import { type OperationDefinition } from '../../operations/operation-definition.js';
import { cleanupArtifacts } from './cleanup-artifacts.js';
import { deleteManifest } from './delete-manifest.js';
import { deployCanary } from './deploy-canary.js';
import { deployManifest } from './deploy-manifest.js';
import { findArtifactsFromResource } from './find-artifacts-from-resource.js';
import { defineKubernetesOperation, type KubernetesServices } from './kubernetes-operation.js';
import { patchManifest } from './patch-manifest.js';
import { planManifestsOperation } from './plan-manifests.operation.js';
import { resolveTargetManifest } from './resolve-target-manifest.js';
import { pauseRolloutManifest, resumeRolloutManifest, rollingRestartManifest } from './rollout-operations.js';
import { runJob } from './run-job.js';
import { resizeServerGroup, scaleManifest } from './scale-manifest.js';
import { disableManifest, enableManifest } from './traffic-operations.js';
import { undoRolloutManifest } from './undo-rollout-manifest.js';
import { waitForManifestToStabilize } from './wait-for-manifest-to-stabilize.js';
import { waitOnJobCompletion } from './wait-on-job-completion.js';

/** Every operation on Kubernetes, listed once. */
export function kubernetesOperations(services: KubernetesServices): OperationDefinition[] {
  return [
    defineKubernetesOperation(cleanupArtifacts, services),
    defineKubernetesOperation(deleteManifest, services),
    defineKubernetesOperation(deployCanary, services),
    defineKubernetesOperation(deployManifest, services),
    defineKubernetesOperation(disableManifest, services),
    defineKubernetesOperation(enableManifest, services),
    defineKubernetesOperation(findArtifactsFromResource, services),
    defineKubernetesOperation(patchManifest, services),
    defineKubernetesOperation(pauseRolloutManifest, services),
    defineKubernetesOperation(planManifestsOperation, services),
    defineKubernetesOperation(resizeServerGroup, services),
    defineKubernetesOperation(resolveTargetManifest, services),
    defineKubernetesOperation(resumeRolloutManifest, services),
    defineKubernetesOperation(rollingRestartManifest, services),
    defineKubernetesOperation(runJob, services),
    defineKubernetesOperation(scaleManifest, services),
    defineKubernetesOperation(undoRolloutManifest, services),
    defineKubernetesOperation(waitForManifestToStabilize, services),
    defineKubernetesOperation(waitOnJobCompletion, services),
  ];
}
