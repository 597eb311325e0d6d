import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type HttpPort, HttpRefusedError, type HttpRequest, type HttpResponse } from '@gennaker/stages';
import { Agent, request } from 'undici';
import { checkAddress, checkRequest, type HttpPolicy } from './http-policy.js';

export interface BytesResponse extends Omit<HttpResponse, 'body'> {
  body: Buffer;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What belongs to one host and must not follow a redirect to another. */
const OF_ONE_HOST = /^(authorization|cookie|proxy-authorization|x-api-key|.*token.*)$/i;

/**
 * Requests of stages to addresses that users choose. The address is checked where the connection is made, so that a
 * name cannot be resolved to one thing for the check and to another for the request; redirects are checked again.
 */
export class UndiciHttp implements HttpPort {
  private readonly agent: Agent;

  constructor(private readonly policy: HttpPolicy) {
    this.agent = new Agent({
      headersTimeout: policy.readTimeoutMs,
      bodyTimeout: policy.readTimeoutMs,
      connect: { timeout: policy.connectTimeoutMs, lookup: checkedLookup(policy) },
    });
  }

  async request(asked: HttpRequest): Promise<HttpResponse> {
    const response = await this.bytes(asked);
    return { ...response, body: response.body.toString('utf8') };
  }

  /** The same for answers that are no text. */
  async bytes(asked: HttpRequest): Promise<BytesResponse> {
    let { url, method, body, headers = {} } = asked;
    for (let redirects = 0; ; redirects += 1) {
      const target = new URL(url);
      checkRequest(this.policy, method, target, Buffer.byteLength(body ?? ''));
      const response = await this.send({ url, method, headers, body, signal: asked.signal });
      const { location } = response.headers;
      if (!REDIRECTS.has(response.status) || location === undefined) return response;
      if (redirects >= this.policy.maxRedirects) {
        throw new HttpRefusedError(`more than ${this.policy.maxRedirects} redirects`);
      }
      const next = new URL(location, target);
      if (next.origin !== target.origin) headers = withoutSecrets(headers);
      const becomesGet = response.status === 303 || (response.status < 303 && method === 'POST');
      if (becomesGet && method !== 'HEAD') {
        method = 'GET';
        body = undefined;
      }
      url = next.href;
    }
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private async send({ method, url, headers, body, signal }: HttpRequest & { body: string | undefined }) {
    const response = await request(url, {
      method: method as 'GET',
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
      signal,
      dispatcher: this.agent,
    });
    return {
      status: response.statusCode,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [
          name.toLowerCase(),
          Array.isArray(value) ? value.join(', ') : (value ?? ''),
        ]),
      ),
      body: await bounded(response.body, this.policy.maxResponseBytes),
    };
  }
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_HOST.test(name)));
}

function checkedLookup(policy: HttpPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      try {
        for (const { address } of addresses) checkAddress(policy, hostname, address);
      } catch (refused) {
        return callback(refused as Error, []);
      }
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      return callback(null, first!.address, first!.family);
    });
  };
}

async function bounded(body: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new HttpRefusedError(`the answer is larger than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
