import { isObject, type JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';

const AUTOSCALERS = 'autoscaling/horizontalpodautoscalers';

/** An object in the version of `info`; stored objects are in the storage version. */
export function convertTo(info: ResourceInfo, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(info);
  if (object.apiVersion === apiVersion) return object;
  if (info.storage === AUTOSCALERS) {
    return info.version === 'v1' ? autoscalerToV1(object, apiVersion) : autoscalerToV2(object, apiVersion);
  }
  return { ...object, apiVersion };
}

/** An object in the version in which it is stored. */
export function convertToStorage(info: ResourceInfo, object: KubeObject): KubeObject {
  return convertTo({ ...info, version: info.storageVersion }, object);
}

interface Metric {
  type?: string;
  resource?: { name?: string; target?: { type?: string; averageUtilization?: number } };
}

function isCpu(metric: Metric): boolean {
  return metric.resource?.name === 'cpu' && metric.resource.target?.averageUtilization !== undefined;
}

function autoscalerToV1(object: KubeObject, apiVersion: string): KubeObject {
  const {
    metrics,
    behavior: _behavior,
    ...spec
  } = (object['spec'] ?? {}) as JsonObject & { metrics?: Metric[] };
  const cpu = metrics?.find(isCpu)?.resource?.target?.averageUtilization;
  const status = { ...(object['status'] as JsonObject | undefined) };
  delete status['currentMetrics'];
  delete status['conditions'];
  return {
    ...object,
    apiVersion,
    spec: { ...spec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    status,
  };
}

function autoscalerToV2(object: KubeObject, apiVersion: string): KubeObject {
  const spec = isObject(object['spec']) ? { ...object['spec'] } : {};
  const cpu = spec['targetCPUUtilizationPercentage'];
  delete spec['targetCPUUtilizationPercentage'];
  if (typeof cpu === 'number') {
    const target = { type: 'Utilization', averageUtilization: cpu };
    spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  return { ...object, apiVersion, spec };
}
