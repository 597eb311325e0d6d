import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, type JsonObject } from '@gennaker/kernel';
import { parse as parseYaml } from 'yaml';
import { badRequest, requestTooLarge, StatusError, unsupportedMediaType } from './status-error.js';

/** etcd's default limit for a request, which the API server shares. */
const BODY_LIMIT = 3 * 1024 * 1024;

/** One HTTP exchange, with the helpers that all handlers use. */
export class Exchange {
  readonly url: URL;
  readonly method: string;
  readonly warnings: string[] = [];

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    this.method = request.method ?? 'GET';
    this.url = new URL(request.url ?? '/', 'http://playground');
  }

  get query(): URLSearchParams {
    return this.url.searchParams;
  }

  get contentType(): string {
    return (this.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  get accept(): string {
    return this.request.headers.accept ?? '';
  }

  /** Which client it is, for the default field manager: the user agent up to the first slash. */
  get fieldManager(): string {
    const explicit = this.query.get('fieldManager');
    if (explicit) return explicit;
    const agent = this.request.headers['user-agent'] ?? 'unknown';
    return (agent.split('/')[0] ?? agent).slice(0, 128) || 'unknown';
  }

  async text(): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_LIMIT) throw requestTooLarge(BODY_LIMIT);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** The body as an object, from JSON or YAML. An empty body is an empty object when `optional`. */
  async object(optional = false): Promise<JsonObject> {
    const text = await this.text();
    if (text === '' && optional) return {};
    const type = this.contentType;
    if (type !== '' && !['application/json', 'application/yaml', 'text/plain'].includes(type)) {
      throw unsupportedMediaType(['application/json', 'application/yaml']);
    }
    const value = type === 'application/yaml' ? parseYamlText(text) : parseJson(text);
    if (!isObject(value)) throw badRequest('the object provided is unrecognized (must be of type object)');
    return value;
  }

  json(code: number, body: JsonObject): void {
    this.send(code, 'application/json', JSON.stringify(body));
  }

  send(code: number, contentType: string, body: string | Buffer): void {
    if (this.response.headersSent) return;
    const warnings = this.warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
    this.response.writeHead(code, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-cache, private',
      ...(warnings.length > 0 ? { warning: warnings.join(', ') } : {}),
    });
    this.response.end(body);
  }

  fail(error: StatusError): void {
    const retry = error.details?.retryAfterSeconds;
    if (retry !== undefined && !this.response.headersSent)
      this.response.setHeader('retry-after', String(retry));
    this.json(error.code, error.body());
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export function parseYamlText(text: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}
