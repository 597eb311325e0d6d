import type { ApiResource } from './api-discovery.js';
import type {
  DeleteOptions,
  KubernetesObject,
  LogOptions,
  ObjectRef,
  WriteOptions,
} from './kubernetes-client.types.js';
import type { ApiRequest } from './kubernetes-transport.js';

export const METADATA_LIST =
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

export function collectionPath(resource: ApiResource, namespace: string | undefined): string {
  const root = resource.group === '' ? '/api' : '/apis';
  const scope =
    resource.namespaced && namespace !== undefined && namespace !== ''
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  return `${root}/${resource.apiVersion}${scope}/${resource.plural}`;
}

export function refOf(object: KubernetesObject, namespace: string | undefined): ObjectRef {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata?.namespace ?? namespace,
    name: object.metadata?.name ?? '',
  };
}

export function writeQuery(options: WriteOptions): Record<string, string | undefined> {
  return {
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
  };
}

export function deleteBody(options: DeleteOptions): Record<string, unknown> {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(options.propagationPolicy && { propagationPolicy: options.propagationPolicy }),
    ...(options.gracePeriodSeconds !== undefined && { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(options.preconditions && { preconditions: options.preconditions }),
    ...(options.dryRun === true && { dryRun: ['All'] }),
  };
}

export function logRequest(pod: { namespace: string; name: string }, options: LogOptions): ApiRequest {
  return {
    method: 'GET',
    path: `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`,
    accept: '*/*',
    query: {
      container: options.container,
      previous: options.previous,
      tailLines: options.tailLines,
      limitBytes: options.limitBytes,
      sinceSeconds: options.sinceSeconds,
      timestamps: options.timestamps,
    },
  };
}

export function sending(options: {
  signal?: AbortSignal;
  timeoutMs?: number;
}): Pick<ApiRequest, 'signal' | 'timeoutMs'> {
  return { signal: options.signal, timeoutMs: options.timeoutMs };
}
