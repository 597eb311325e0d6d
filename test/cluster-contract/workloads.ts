import type { Draft } from './cluster.js';

/** How pods behave, by annotation on the pod; the playground and the kubelet stand-in know the same names. */
export const behaviour = {
  slowReady: (seconds: number) => ({ 'playground.gennaker.io/ready-delay': `${seconds}s` }),
  imagePullError: { 'playground.gennaker.io/image-pull-error': 'true' },
  crashLoop: { 'playground.gennaker.io/crash-loop': 'true' },
  neverReady: { 'playground.gennaker.io/never-ready': 'true' },
  healthy: {
    'playground.gennaker.io/image-pull-error': 'false',
    'playground.gennaker.io/never-ready': 'false',
  },
  runs: (seconds: number) => ({ 'playground.gennaker.io/run-duration': `${seconds}s` }),
  jobFails: (pods: number | 'true', exitCode = 1) => ({
    'playground.gennaker.io/job-fails': String(pods),
    'playground.gennaker.io/exit-code': String(exitCode),
  }),
  crashes: (exitCode: number) => ({
    'playground.gennaker.io/crash-loop': 'true',
    'playground.gennaker.io/exit-code': String(exitCode),
  }),
  stops: (seconds: number) => ({ 'playground.gennaker.io/stop-delay': `${seconds}s` }),
  logs: (text: string) => ({ 'playground.gennaker.io/logs': text }),
  logsEvery: (milliseconds: number) => ({ 'playground.gennaker.io/log-every': `${milliseconds}ms` }),
};

export interface WorkloadOptions {
  replicas?: number;
  image?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  spec?: Draft;
  podSpec?: Draft;
}

export function podTemplate(name: string, { image, annotations, labels, podSpec }: WorkloadOptions = {}) {
  return {
    metadata: { labels: { app: name, ...labels }, ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'app', image: image ?? 'registry.example/app:1' }], ...podSpec },
  };
}

export function pod(name: string, options: WorkloadOptions = {}) {
  const { metadata, spec } = podTemplate(name, options);
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec };
}

export function deployment(name: string, options: WorkloadOptions = {}) {
  return workload('Deployment', name, options);
}

export function replicaSet(name: string, options: WorkloadOptions = {}) {
  return workload('ReplicaSet', name, options);
}

export function statefulSet(name: string, options: WorkloadOptions = {}) {
  return workload('StatefulSet', name, { ...options, spec: { serviceName: name, ...options.spec } });
}

export function daemonSet(name: string, options: WorkloadOptions = {}) {
  const draft = workload('DaemonSet', name, options);
  const { replicas: _, ...spec } = draft.spec;
  return { ...draft, spec };
}

export function job(name: string, options: WorkloadOptions = {}) {
  const template = podTemplate(name, options);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: { ...template, spec: { restartPolicy: 'Never', ...template.spec } }, ...options.spec },
  };
}

export function configMap(name: string, data: Record<string, string> = {}, metadata: Draft = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

function workload(kind: string, name: string, options: WorkloadOptions) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, options),
      ...options.spec,
    },
  };
}
