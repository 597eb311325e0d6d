import { type OperationDefinition } from '../../operations/operation-definition.js';
import { deleteManifest } from './delete-manifest.js';
import { deployManifest } from './deploy-manifest.js';
import { defineKubernetesOperation, type KubernetesServices } from './kubernetes-operation.js';

/** Every operation on Kubernetes, listed once. */
export function kubernetesOperations(services: KubernetesServices): OperationDefinition[] {
  return [
    defineKubernetesOperation(deployManifest, services),
    defineKubernetesOperation(deleteManifest, services),
  ];
}
