import { podSpecsOf } from '@gennaker/artifact';
import { isObject, type JsonObject } from '@gennaker/kernel';
import {
  ANNOTATIONS,
  annotationsOf,
  listAt,
  numberAt,
  objectAt,
  replicasOf,
  specOf,
  statusOf,
  textAt,
} from '@gennaker/manifest';
import type { PolicyRule, ResourceSummary } from './resource-row.js';

/** What the views need of an object beyond its metadata. `kind` is Spinnaker's name of a native kind, else empty. */
export function summarise(manifest: JsonObject, kind: string): ResourceSummary {
  switch (kind) {
    case 'pod':
      return podSummary(manifest);
    case 'deployment':
    case 'replicaSet':
    case 'statefulSet':
    case 'cronJob':
      return { ...workload(manifest), replicas: replicasOf(manifest) ?? null };
    case 'daemonSet':
      return {
        ...workload(manifest),
        replicas: numberAt(statusOf(manifest), 'desiredNumberScheduled') ?? null,
      };
    case 'job':
      return {
        ...workload(manifest),
        replicas: numberAt(specOf(manifest), 'completions') ?? null,
        job: jobOf(manifest),
      };
    case 'ingress':
      return { services: ingressServices(manifest) };
    case 'networkPolicy':
      return { inbound: policyRules(manifest, 'ingress'), outbound: policyRules(manifest, 'egress') };
    default:
      return custom(manifest);
  }
}

/** A custom resource may be a workload, or carry one. */
function custom(manifest: JsonObject): ResourceSummary {
  const images = imagesOf(manifest);
  return images.length === 0 ? {} : { ...workload(manifest), replicas: replicasOf(manifest) ?? null };
}

function workload(manifest: JsonObject): ResourceSummary {
  return { images: imagesOf(manifest), loadBalancers: annotatedLoadBalancers(manifest) };
}

/** Every image that the pods of an object run, once. */
function imagesOf(manifest: JsonObject): string[] {
  const specs = manifest['kind'] === 'Pod' ? [specOf(manifest)] : podSpecsOf(manifest);
  const images = specs.flatMap((spec) =>
    [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].map((container) =>
      textAt(container, 'image'),
    ),
  );
  return [...new Set(images.filter((image) => image !== ''))];
}

function annotatedLoadBalancers(manifest: JsonObject): string[] {
  const text = annotationsOf(manifest)[ANNOTATIONS.loadBalancers];
  if (text === undefined) return [];
  try {
    const names = JSON.parse(text) as unknown;
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

function podSummary(manifest: JsonObject): ResourceSummary {
  const status = statusOf(manifest);
  const started = Date.parse(textAt(status ?? {}, 'startTime'));
  return {
    phase: textAt(status ?? {}, 'phase'),
    node: textAt(specOf(manifest), 'nodeName'),
    startedAt: Number.isNaN(started) ? null : started,
    containers: listAt(status, 'containerStatuses').map((container) => ({
      name: textAt(container, 'name'),
      ready: container['ready'] === true,
    })),
  };
}

function jobOf(manifest: JsonObject): NonNullable<ResourceSummary['job']> {
  const status = statusOf(manifest);
  const completed = Date.parse(textAt(status ?? {}, 'completionTime'));
  return {
    succeeded: numberAt(status, 'succeeded') ?? 0,
    failed: numberAt(status, 'failed') ?? 0,
    active: numberAt(status, 'active') ?? 0,
    completedAt: Number.isNaN(completed) ? null : completed,
  };
}

/** The Services behind an Ingress, in the shape of `networking.k8s.io/v1` and of the versions before. */
function ingressServices(manifest: JsonObject): string[] {
  const spec = specOf(manifest);
  const backends = [
    objectAt(spec, 'defaultBackend') ?? objectAt(spec, 'backend'),
    ...listAt(spec, 'rules').flatMap((rule) =>
      listAt(objectAt(rule, 'http'), 'paths').map((path) => objectAt(path, 'backend')),
    ),
  ];
  const names = backends.map((backend) => {
    if (backend === undefined) return '';
    return textAt(objectAt(backend, 'service') ?? {}, 'name') || textAt(backend, 'serviceName');
  });
  return [...new Set(names.filter((name) => name !== ''))];
}

function policyRules(manifest: JsonObject, direction: 'ingress' | 'egress'): PolicyRule[] {
  return listAt(specOf(manifest), direction).flatMap((rule) =>
    listAt(rule, 'ports').map((port) => ({
      protocol: textAt(port, 'protocol') || 'TCP',
      port: portOf(port['port']),
      endPort: numberAt(port, 'endPort') ?? null,
    })),
  );
}

function portOf(value: unknown): number | string | null {
  return typeof value === 'number' || (typeof value === 'string' && !isObject(value)) ? value : null;
}
