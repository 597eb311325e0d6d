import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A scripted API server, for what a healthy cluster does not do on demand: refusals, broken connections, old versions. */
export class ScriptedApiServer {
  readonly seen: SeenRequest[] = [];
  private readonly answers: { match: string; answer: Answer; once: boolean }[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedApiServer> {
    let self: ScriptedApiServer;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://localhost');
        void self.answer(
          {
            method: request.method ?? '',
            path: url.pathname,
            query: url.searchParams,
            headers: request.headers,
            body: Buffer.concat(chunks).toString(),
          },
          response,
        );
      });
    });
    self = new ScriptedApiServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    self.always('GET /api', json({ kind: 'APIVersions', versions: ['v1'] }));
    self.always('GET /apis', json({ kind: 'APIGroupList', groups: [group('apps', 'v1')] }));
    self.always(
      'GET /api/v1',
      json(
        resources('v1', [
          ['pods', 'Pod', 'po'],
          ['configmaps', 'ConfigMap', 'cm'],
        ]),
      ),
    );
    self.always('GET /apis/apps/v1', json(resources('apps/v1', [['deployments', 'Deployment', 'deploy']])));
    return self;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get kubeconfig(): string {
    return JSON.stringify({
      'current-context': 'stub',
      contexts: [{ name: 'stub', context: { cluster: 'stub', user: 'stub', namespace: 'home' } }],
      clusters: [{ name: 'stub', cluster: { server: this.url } }],
      users: [{ name: 'stub', user: { token: 'secret-token' } }],
    });
  }

  /** `match` is `METHOD /path`. Later scripts win; one-time ones first. */
  always(match: string, answer: Answer): this {
    this.answers.unshift({ match, answer, once: false });
    return this;
  }

  once(match: string, answer: Answer): this {
    const index = this.answers.findIndex((a) => !(a.once && a.match === match));
    this.answers.splice(index, 0, { match, answer, once: true });
    return this;
  }

  requests(match: string): SeenRequest[] {
    return this.seen.filter((request) => `${request.method} ${request.path}` === match);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: SeenRequest, response: ServerResponse): Promise<void> {
    this.seen.push(request);
    const key = `${request.method} ${request.path}`;
    const index = this.answers.findIndex((a) => a.match === key);
    const found = this.answers[index];
    if (found === undefined) return status(404, 'NotFound', `${key} not found`)(request, response);
    if (found.once) this.answers.splice(index, 1);
    await found.answer(request, response);
  }
}

export function json(body: unknown, code = 200): Answer {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

export function status(code: number, reason: string, message: string, extra: object = {}): Answer {
  return json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...extra }, code);
}

/** Cuts the connection without an answer. */
export const cut: Answer = (_request, response) => {
  response.socket?.destroy();
};

function group(name: string, version: string): object {
  const versions = [{ groupVersion: `${name}/${version}`, version }];
  return { name, versions, preferredVersion: versions[0] };
}

export function resources(groupVersion: string, kinds: [string, string, string][]): object {
  return {
    kind: 'APIResourceList',
    groupVersion,
    resources: kinds.map(([name, kind, short]) => ({
      name,
      kind,
      singularName: kind.toLowerCase(),
      shortNames: [short],
      namespaced: true,
      verbs: ['get', 'list', 'watch'],
    })),
  };
}
