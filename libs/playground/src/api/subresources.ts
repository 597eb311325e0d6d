import { isObject, type Clock, type JsonObject } from '@gennaker/kernel';
import { timestamp, type KubeObject } from '../model/objects.js';
import type { Deployment } from '../model/workloads.js';
import { serveLogs } from './pod-logs.js';
import { evictPod } from './eviction.js';
import { invalidValue } from './field-errors.js';
import { readJsonPath, writeJsonPath } from './json-path.js';
import { patchObject } from './patching.js';
import type { Exchange } from './request.js';
import type { ResourcePath } from './request-path.js';
import type { ResourceApi, WriteOptions } from './resource-api.js';
import type { ResourceInfo } from './resource-catalog.js';
import { writeOptions } from './request-options.js';
import { selectorText } from './selectors.js';
import { badRequest, conflict, methodNotAllowed, pathNotFound, STALE, invalid } from './status-error.js';
import { applyJsonPatch } from '../patch/json-patch.js';
import { applyMergePatch } from '../patch/merge-patch.js';

export interface SubresourceContext {
  api: ResourceApi;
  clock: Clock;
}

/** Serves `/status`, `/scale`, `/log`, `/eviction` and the other parts of an object. */
export async function handleSubresource(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
  context: SubresourceContext,
): Promise<void> {
  const subresource = path.subresource ?? '';
  if (!info.subresources.includes(subresource)) throw pathNotFound();
  const target = { namespace: path.namespace, name: path.name ?? '' };
  const { api } = context;
  switch (subresource) {
    case 'status':
    case 'approval':
      return handleStatus(exchange, api, info, target);
    case 'scale':
      return handleScale(exchange, api, info, target);
    case 'log':
      return serveLogs(exchange, context, target);
    case 'eviction':
      return handleEviction(exchange, context, info, target);
    case 'binding':
      return bindPod(exchange, api, info, target);
    case 'finalize': {
      const body = await exchange.object();
      return exchange.json(200, api.update(info, target, body, writeOptions(exchange)));
    }
    case 'token':
      api.get(info, target.namespace, target.name);
      return exchange.json(201, tokenRequest(await exchange.object(true), context.clock.now()));
    case 'ephemeralcontainers':
      return handlePlain(exchange, api, info, target);
    default:
      api.get(info, target.namespace, target.name);
      throw badRequest(
        `the playground runs no real containers: ${subresource} is not available in this simulation`,
      );
  }
}

type Target = { namespace: string | undefined; name: string };

async function handleStatus(
  exchange: Exchange,
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
): Promise<void> {
  const options: WriteOptions = { ...writeOptions(exchange), subresource: 'status' };
  switch (exchange.method) {
    case 'GET':
      return exchange.json(200, api.get(info, target.namespace, target.name));
    case 'PUT':
      return exchange.json(200, api.update(info, target, await exchange.object(), options));
    case 'PATCH': {
      const { object } = await patchObject(exchange, api, info, target, options);
      return exchange.json(200, object);
    }
    default:
      throw methodNotAllowed('the server does not allow this method on the requested resource');
  }
}

async function handlePlain(
  exchange: Exchange,
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
): Promise<void> {
  if (exchange.method === 'PATCH') {
    const { object } = await patchObject(exchange, api, info, target, writeOptions(exchange));
    return exchange.json(200, object);
  }
  return exchange.json(200, api.get(info, target.namespace, target.name));
}

async function handleScale(
  exchange: Exchange,
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
): Promise<void> {
  const live = api.get(info, target.namespace, target.name);
  const scale = scaleOf(api, info, live);
  if (exchange.method === 'GET') return exchange.json(200, scale);
  let wanted: unknown;
  if (exchange.method === 'PUT') wanted = await exchange.object();
  else if (exchange.method === 'PATCH')
    wanted = patchScale(exchange.contentType, await exchange.text(), scale);
  else throw methodNotAllowed('the server does not allow this method on the requested resource');
  const { replicas, resourceVersion } = readScale(wanted);
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(info, target.name, STALE);
  }
  const replicasPath = api.registry.customOf(info)?.scale?.specReplicasPath ?? '.spec.replicas';
  const changed = api.change(info, target, (object) => writeJsonPath(object, replicasPath, replicas), {
    ...writeOptions(exchange),
    subresource: 'scale',
  });
  exchange.json(200, scaleOf(api, info, changed));
}

function patchScale(type: string, text: string, scale: JsonObject): unknown {
  const patch: unknown = JSON.parse(text);
  return type === 'application/json-patch+json'
    ? applyJsonPatch(scale, patch)
    : applyMergePatch(scale, patch);
}

function readScale(body: unknown): { replicas: number; resourceVersion: string | undefined } {
  const spec = isObject(body) && isObject(body['spec']) ? body['spec'] : {};
  const replicas = spec['replicas'] ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer');
  }
  if (replicas < 0) {
    throw invalid({ group: 'autoscaling', plural: '', kind: 'Scale' }, '', [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const metadata = isObject(body) && isObject(body['metadata']) ? body['metadata'] : {};
  return { replicas, resourceVersion: metadata['resourceVersion'] as string | undefined };
}

function scaleOf(api: ResourceApi, info: ResourceInfo, object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = api.registry.customOf(info)?.scale;
  const replicas = readJsonPath(object, paths?.specReplicasPath ?? '.spec.replicas') ?? 0;
  const current = readJsonPath(object, paths?.statusReplicasPath ?? '.status.replicas') ?? 0;
  const selector = paths
    ? paths.labelSelectorPath && readJsonPath(object, paths.labelSelectorPath)
    : selectorText((object as Deployment).spec.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: current, ...(selector ? { selector } : {}) },
  };
}

async function handleEviction(
  exchange: Exchange,
  context: SubresourceContext,
  info: ResourceInfo,
  target: Target,
): Promise<void> {
  if (exchange.method !== 'POST') {
    throw methodNotAllowed('the server does not allow this method on the requested resource');
  }
  const body = await exchange.object();
  const options = isObject(body['deleteOptions']) ? body['deleteOptions'] : {};
  evictPod(context.api, info, target, {
    ...(options as object),
    dryRun: exchange.query.getAll('dryRun').includes('All'),
  });
  exchange.json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

async function bindPod(
  exchange: Exchange,
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
): Promise<void> {
  const body = await exchange.object();
  const node = isObject(body['target']) ? body['target']['name'] : undefined;
  if (typeof node !== 'string') throw badRequest('Binding in version "v1": target.name is required');
  api.change(
    info,
    target,
    (pod) => {
      if ((pod as { spec?: { nodeName?: string } }).spec?.nodeName) {
        throw conflict(info, target.name, `pod ${target.name} is already assigned to a node`);
      }
      return { ...pod, spec: { ...(pod['spec'] as object), nodeName: node } };
    },
    { ...writeOptions(exchange), subresource: 'binding' },
  );
  exchange.json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

const TOKEN_LIFETIME_MS = 3_600_000;

function tokenRequest(body: JsonObject, now: number): JsonObject {
  return {
    ...body,
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    status: { token: 'playground', expirationTimestamp: timestamp(now + TOKEN_LIFETIME_MS) },
  };
}
