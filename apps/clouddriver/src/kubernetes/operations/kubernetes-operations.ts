import { type OperationDefinition } from '../../operations/operation-definition.js';
import { cleanupArtifacts } from './cleanup-artifacts.js';
import { deleteManifest } from './delete-manifest.js';
import { deployManifest } from './deploy-manifest.js';
import { defineKubernetesOperation, type KubernetesServices } from './kubernetes-operation.js';
import { resolveTargetManifest } from './resolve-target-manifest.js';
import { waitForManifestToStabilize } from './wait-for-manifest-to-stabilize.js';

/** Every operation on Kubernetes, listed once. */
export function kubernetesOperations(services: KubernetesServices): OperationDefinition[] {
  return [
    defineKubernetesOperation(cleanupArtifacts, services),
    defineKubernetesOperation(deleteManifest, services),
    defineKubernetesOperation(deployManifest, services),
    defineKubernetesOperation(resolveTargetManifest, services),
    defineKubernetesOperation(waitForManifestToStabilize, services),
  ];
}
