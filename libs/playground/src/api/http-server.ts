import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '@gennaker/kernel';
import { Discovery, VERSION_INFO } from './discovery.js';
import { OpenApi, openApiV2Protobuf } from './openapi.js';
import { Exchange } from './request.js';
import { parseResourcePath } from './request-path.js';
import { handleResource, type HandlerContext } from './resource-handler.js';
import { notAcceptable, pathNotFound, StatusError } from './status-error.js';

export interface HttpContext extends HandlerContext {
  /** Answers paths that are not Kubernetes' own; false when it does not know the path. */
  extra: (exchange: Exchange) => Promise<boolean>;
  onError: (message: string, error: unknown) => void;
}

/** The API server's front: routes requests and turns errors into Status objects. */
export class HttpServer {
  private readonly server: Server;
  private readonly discovery: Discovery;
  private readonly openApi: OpenApi;

  constructor(private readonly context: HttpContext) {
    this.discovery = new Discovery(context.api.registry);
    this.openApi = new OpenApi(context.api.registry);
    this.server = createServer((request, response) => {
      const exchange = new Exchange(request, response);
      this.handle(exchange).catch((error: unknown) => this.fail(exchange, error));
    });
    this.server.keepAliveTimeout = 65_000;
    this.server.requestTimeout = 60_000;
  }

  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private fail(exchange: Exchange, error: unknown): void {
    if (error instanceof StatusError) return exchange.fail(error);
    this.context.onError(`${exchange.method} ${exchange.url.pathname} failed`, error);
    if (exchange.response.headersSent) {
      exchange.response.destroy();
      return;
    }
    exchange.fail(
      new StatusError(500, 'InternalError', 'Internal error occurred: the playground failed; see its log'),
    );
  }

  private async handle(exchange: Exchange): Promise<void> {
    const { pathname } = exchange.url;
    if (exchange.method === 'GET' && this.discover(exchange, pathname.replace(/(.)\/$/, '$1'))) return;
    const path = safely(() => parseResourcePath(pathname));
    if (path && path.subresource !== 'log' && !isAcceptable(exchange.accept)) throw notAcceptable();
    if (path) return handleResource(exchange, path, this.context);
    if (await this.context.extra(exchange)) return;
    throw pathNotFound();
  }

  private discover(exchange: Exchange, pathname: string): boolean {
    const wantsAggregated = exchange.accept.includes('as=APIGroupDiscoveryList');
    const aggregated = (core: boolean): void =>
      exchange.send(
        200,
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
        JSON.stringify(this.discovery.aggregated(core)),
      );
    switch (pathname) {
      case '/version':
        exchange.json(200, VERSION_INFO);
        return true;
      case '/healthz':
      case '/livez':
      case '/readyz':
        exchange.send(200, 'text/plain; charset=utf-8', 'ok');
        return true;
      case '/api':
        if (wantsAggregated) aggregated(true);
        else exchange.json(200, this.discovery.coreVersions());
        return true;
      case '/apis':
        if (wantsAggregated) aggregated(false);
        else exchange.json(200, this.discovery.groupList());
        return true;
      case '/openapi/v2':
        if (exchange.accept.includes('proto-openapi')) {
          const type = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
          exchange.send(200, type, openApiV2Protobuf());
        } else exchange.json(200, this.openApi.version2());
        return true;
      case '/openapi/v3':
        exchange.json(200, this.openApi.index());
        return true;
      default:
        return this.discoverGroup(exchange, pathname);
    }
  }

  private discoverGroup(exchange: Exchange, pathname: string): boolean {
    const document = this.openApiDocument(pathname) ?? this.groupDocument(pathname);
    if (document) exchange.json(200, document);
    return document !== undefined;
  }

  private openApiDocument(pathname: string): JsonObject | undefined {
    const core = /^\/openapi\/v3\/api\/([^/]+)$/.exec(pathname);
    if (core) return this.openApi.document('', core[1] ?? '');
    const group = /^\/openapi\/v3\/apis\/([^/]+)\/([^/]+)$/.exec(pathname);
    return group ? this.openApi.document(group[1] ?? '', group[2] ?? '') : undefined;
  }

  private groupDocument(pathname: string): JsonObject | undefined {
    const core = /^\/api\/([^/]+)$/.exec(pathname);
    if (core) return this.discovery.resources('', core[1] ?? '');
    const group = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(pathname);
    if (!group) return undefined;
    const [, name = '', version] = group;
    return version === undefined ? this.discovery.group(name) : this.discovery.resources(name, version);
  }
}

/** Whether a client takes JSON, the only encoding of objects here. */
function isAcceptable(accept: string): boolean {
  return accept === '' || /\*\/\*|application\/(json|\*)/.test(accept);
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
