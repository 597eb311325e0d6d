import type { Container, PodSpec, PodTemplate, Probe } from '../model/workloads.js';

/** Sets `target[field]` when it is absent. */
export function setDefault<T extends object, K extends keyof T>(target: T, field: K, value: T[K]): void {
  if (target[field] === undefined || target[field] === null) target[field] = value;
}

/** The defaults that the API server writes into a pod's spec. Works on the caller's own copy. */
export function defaultPodSpec(spec: PodSpec): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (spec.serviceAccountName !== undefined) setDefault(spec, 'serviceAccount', spec.serviceAccountName);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])])
    defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

function defaultContainer(container: Container): void {
  setDefault(container, 'imagePullPolicy', pullPolicy(container.image ?? ''));
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'resources', {});
  for (const port of container.ports ?? []) setDefault(port, 'protocol', 'TCP');
  for (const probe of [container.readinessProbe, container.livenessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe);
  }
  const { resources } = container;
  if (resources?.limits) {
    // A limit without a request is also the request.
    resources.requests = { ...resources.limits, ...resources.requests };
  }
}

function pullPolicy(image: string): string {
  const name = image.split('@')[0] ?? '';
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(name)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Probe): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  const http = probe['httpGet'] as { path?: string; scheme?: string } | undefined;
  if (http) {
    setDefault(http, 'path', '/');
    setDefault(http, 'scheme', 'HTTP');
  }
}

const DEFAULT_MODE = 0o644;

function defaultVolume(volume: Record<string, unknown>): void {
  for (const type of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    const source = volume[type] as { defaultMode?: number } | undefined;
    if (source) setDefault(source, 'defaultMode', DEFAULT_MODE);
  }
  const hostPath = volume['hostPath'] as { type?: string } | undefined;
  if (hostPath) setDefault(hostPath, 'type', '');
}

export function defaultTemplate(template: PodTemplate | undefined): void {
  if (!template?.spec) return;
  setDefault(template, 'metadata', {});
  defaultPodSpec(template.spec);
}
