import type { JsonObject } from '@gennaker/kernel';
import type { KubernetesObject } from '../kubernetes/client/kubernetes-client.types.js';
import { CRON_TAB_GROUP } from './scenario-driver.suite.js';

export const IMAGE = 'index.docker.io/library/alpine';

interface WorkloadOptions {
  namespace?: string | undefined;
  image?: string;
  replicas?: number;
  annotations?: Record<string, string>;
  env?: JsonObject[];
  volumes?: JsonObject[];
}

function workload(kind: string, name: string, options: WorkloadOptions): KubernetesObject {
  const { namespace, image = `${IMAGE}:3.11`, replicas = 1, annotations, env, volumes } = options;
  const labels = { app: name };
  const container = { name: 'main', image, ...(env && { env }) };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), ...(annotations && { annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], ...(volumes && { volumes }) } },
    },
  };
}

export const deployment = (name: string, options: WorkloadOptions = {}): KubernetesObject =>
  workload('Deployment', name, options);
export const replicaSet = (name: string, options: WorkloadOptions = {}): KubernetesObject =>
  workload('ReplicaSet', name, options);

export function service(
  name: string,
  namespace: string,
  selector: JsonObject = { app: name },
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { type: 'NodePort', selector, ports: [{ port: 80 }] },
  };
}

export function configMap(
  name: string,
  namespace: string,
  data: JsonObject = { file: 'a' },
  annotations?: Record<string, string>,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(annotations && { annotations }) },
    data,
  };
}

export function secret(
  name: string,
  namespace: string,
  data: JsonObject = { file: 'YQ==' },
  annotations?: Record<string, string>,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...(annotations && { annotations }) },
    data,
  };
}

export function networkPolicy(name: string, namespace: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  };
}

export function cronJob(
  name: string,
  namespace: string,
  apiVersion: string,
  image: string,
): KubernetesObject {
  return {
    apiVersion,
    kind: 'CronJob',
    metadata: { name, namespace },
    spec: {
      schedule: '0 0 1 1 *',
      jobTemplate: {
        spec: {
          template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main', image }] } },
        },
      },
    },
  };
}

export interface CrdOptions {
  group?: string;
  scope?: 'Namespaced' | 'Cluster';
  shortName?: string;
}

export function cronTabDefinition({
  group = CRON_TAB_GROUP,
  scope = 'Namespaced',
  shortName = 'ct',
}: CrdOptions = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `crontabs.${group}` },
    spec: {
      group,
      scope,
      names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: [shortName] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  properties: { cronSpec: { type: 'string' }, image: { type: 'string' } },
                },
              },
            },
          },
        },
      ],
    },
  };
}

export function cronTab(
  name: string,
  namespace?: string,
  image = 'my-awesome-cron-image',
  group = CRON_TAB_GROUP,
) {
  return {
    apiVersion: `${group}/v1`,
    kind: 'CronTab',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: { cronSpec: '* * * * */5', image },
  };
}

/** An image as an artifact: without its tag it is what manifests name. */
export function imageArtifact(tag: string, name = IMAGE): JsonObject {
  return { type: 'docker/image', name, reference: `${name}:${tag}`, version: tag };
}

export function imageOf(object: JsonObject | undefined): unknown {
  const spec = object?.['spec'] as { template: { spec: { containers: { image: string }[] } } } | undefined;
  return spec?.template.spec.containers[0]?.image;
}
