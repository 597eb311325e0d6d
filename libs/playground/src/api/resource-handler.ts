import type { Clock, JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import { filterOf, listBody, listMetadata, type Lister } from './list.js';
import { patchObject } from './patching.js';
import { Presenter } from './presentation.js';
import type { Exchange } from './request.js';
import type { ResourcePath } from './request-path.js';
import { deleteOptions, writeOptions } from './request-options.js';
import type { ResourceApi } from './resource-api.js';
import type { ResourceInfo } from './resource-catalog.js';
import { methodNotAllowed, pathNotFound } from './status-error.js';
import { handleSubresource, type SubresourceContext } from './subresources.js';
import { handleReview, isReview } from './reviews.js';
import { isTrue, startWatch } from './watch.js';
import { partialMetadata } from './table.js';

export interface HandlerContext extends SubresourceContext {
  api: ResourceApi;
  lister: Lister;
  clock: Clock;
}

/** Serves one request to the resource API. */
export async function handleResource(
  exchange: Exchange,
  path: ResourcePath,
  context: HandlerContext,
): Promise<void> {
  const info = context.api.registry.find(path.group, path.version, path.plural);
  if (!info) throw pathNotFound();
  if (path.subresource !== undefined) return handleSubresource(exchange, info, path, context);
  if (isReview(info)) return handleReview(exchange, info, path, context.api.store);
  if (path.name !== undefined && !path.isWatch) return handleObject(exchange, info, path, context);
  return handleCollection(exchange, info, path, context);
}

async function handleCollection(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
  context: HandlerContext,
): Promise<void> {
  switch (exchange.method) {
    case 'GET':
      if (path.isWatch || isTrue(exchange.query.get('watch'))) return watch(exchange, info, path, context);
      return list(exchange, info, path, context);
    case 'POST':
      return create(exchange, info, path, context);
    case 'DELETE':
      return deleteCollection(exchange, info, path, context);
    default:
      throw notSupported();
  }
}

function notSupported(): Error {
  return methodNotAllowed('the server does not allow this method on the requested resource');
}

function presenter(exchange: Exchange, info: ResourceInfo, { api, clock }: HandlerContext): Presenter {
  return new Presenter(api.registry, clock, info, {
    accept: exchange.accept,
    includeObject: exchange.query.get('includeObject'),
  });
}

function list(exchange: Exchange, info: ResourceInfo, path: ResourcePath, context: HandlerContext): void {
  const result = context.lister.list(info, path.namespace, exchange.query);
  const shown = presenter(exchange, info, context);
  if (shown.form === 'table') return exchange.json(200, shown.table(result.items, listMetadata(result)));
  if (shown.form === 'metadata') {
    return exchange.json(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: listMetadata(result),
      items: result.items.map(partialMetadata),
    });
  }
  const custom = context.api.registry.customOf(info);
  return exchange.json(
    200,
    listBody(info, result, custom?.definition.spec.names.listKind ?? `${info.kind}List`),
  );
}

const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

function watch(exchange: Exchange, info: ResourceInfo, path: ResourcePath, context: HandlerContext): void {
  const { response } = exchange;
  const query = new URLSearchParams(exchange.query);
  if (path.name !== undefined) query.set('fieldSelector', `metadata.name=${path.name}`);
  const shown = presenter(exchange, info, context);
  // Checked before the stream starts, so that a bad selector is answered with 400.
  filterOf(info, query);
  const wantsStream = exchange.accept.includes('stream=watch');
  let stop = (): void => undefined;
  let isOpen = false;
  const open = (): void => {
    if (isOpen) return;
    isOpen = true;
    response.writeHead(200, {
      'content-type': wantsStream ? 'application/json;stream=watch' : 'application/json',
      'cache-control': 'no-cache, private',
    });
    response.flushHeaders();
  };
  stop = startWatch(context.api.store, {
    info,
    namespace: path.namespace,
    query,
    present: (object) => shown.one(object),
    send(event) {
      open();
      response.write(`${JSON.stringify(event)}\n`);
      // A client that does not read is dropped instead of growing our memory; it will watch again.
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
    },
    end() {
      open();
      response.end();
    },
  });
  open();
  response.on('close', stop);
}

async function create(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
  context: HandlerContext,
): Promise<void> {
  if (info.namespaced && path.namespace === undefined) throw notSupported();
  const body = await exchange.object();
  const object = context.api.create(info, path.namespace, body, writeOptions(exchange));
  exchange.json(201, presenter(exchange, info, context).one(object));
}

async function handleObject(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
  context: HandlerContext,
): Promise<void> {
  const { api } = context;
  const target = { namespace: path.namespace, name: path.name ?? '' };
  const show = (object: KubeObject): JsonObject => presenter(exchange, info, context).one(object);
  switch (exchange.method) {
    case 'GET':
      if (isTrue(exchange.query.get('watch')) && exchange.query.has('watch')) {
        return watch(exchange, info, path, context);
      }
      return exchange.json(200, show(api.get(info, target.namespace, target.name)));
    case 'PUT': {
      const body = await exchange.object();
      return exchange.json(200, show(api.update(info, target, body, writeOptions(exchange))));
    }
    case 'PATCH': {
      const { object, created } = await patchObject(exchange, api, info, target, writeOptions(exchange));
      return exchange.json(created ? 201 : 200, show(object));
    }
    case 'DELETE': {
      const options = await deleteOptions(exchange);
      const outcome = api.delete(info, target, options);
      return exchange.json(200, deletionBody(info, outcome.object, outcome.removed, show));
    }
    default:
      throw notSupported();
  }
}

/** Kinds whose deletion answers with the object; the others answer with a Status. */
const ANSWERS_OBJECT = new Set([
  '/pods',
  '/namespaces',
  '/services',
  '/serviceaccounts',
  '/podtemplates',
  '/resourcequotas',
  '/persistentvolumes',
  '/persistentvolumeclaims',
]);

function deletionBody(
  info: ResourceInfo,
  object: KubeObject,
  removed: boolean,
  show: (object: KubeObject) => JsonObject,
): JsonObject {
  if (!removed || ANSWERS_OBJECT.has(info.storage)) return show(object);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name,
      ...(info.group === '' ? {} : { group: info.group }),
      kind: info.plural,
      uid: object.metadata.uid,
    },
  };
}

async function deleteCollection(
  exchange: Exchange,
  info: ResourceInfo,
  path: ResourcePath,
  context: HandlerContext,
): Promise<void> {
  if (!info.verbs.includes('deletecollection') || (info.namespaced && path.namespace === undefined)) {
    throw notSupported();
  }
  const options = await deleteOptions(exchange);
  const result = context.lister.list(info, path.namespace, exchange.query);
  for (const object of result.items) {
    context.api.delete(info, { namespace: object.metadata.namespace, name: object.metadata.name }, options);
  }
  exchange.json(200, listBody(info, result, `${info.kind}List`));
}
