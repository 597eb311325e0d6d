import { lookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { logger } from '@gennaker/observability';
import { InvalidInputError, messageOf } from '@gennaker/kernel';
import { type HttpPort, HttpRefusedError, type HttpRequest, type HttpResponse } from '@gennaker/stages';
import { Agent, request } from 'undici';
import { accountFor, checkAddress, checkRequest, type HttpPolicy, isSafeToRetry } from './http-policy.js';
import { headersWithSecrets, refersToSecret, type SecretSource, withoutSecrets } from './secret-headers.js';

export interface BytesResponse extends Omit<HttpResponse, 'body'> {
  body: Buffer;
}

const log = logger('outbound');

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/**
 * Requests of stages to addresses that users choose. The address is checked where the connection is made, so that a
 * name cannot be resolved to one thing for the check and to another for the request; redirects are checked again.
 * Headers may refer to secrets: these are filled in when the request goes out, and taken out of the answer.
 */
export class UndiciHttp implements HttpPort {
  private readonly agent: Agent;

  constructor(
    private readonly policy: HttpPolicy,
    private readonly secrets?: SecretSource,
  ) {
    this.agent = new Agent({
      headersTimeout: policy.readTimeoutMs,
      bodyTimeout: policy.readTimeoutMs,
      connect: { timeout: policy.connectTimeoutMs, lookup: checkedLookup(policy), ...tlsOf(policy) },
    });
  }

  isSafeToRetry(method: string, url: string): boolean {
    return !URL.canParse(url) || isSafeToRetry(this.policy, method, new URL(url));
  }

  async request(asked: HttpRequest): Promise<HttpResponse> {
    const secrets = new Set<string>();
    const response = await this.exchange(asked, secrets);
    const headers = Object.entries(response.headers).map(([name, value]) => [
      name,
      withoutSecrets(value, secrets),
    ]);
    return {
      status: response.status,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: withoutSecrets(response.body.toString('utf8'), secrets),
    };
  }

  /** The same for answers that are no text. */
  bytes(asked: HttpRequest): Promise<BytesResponse> {
    return this.exchange(asked, new Set());
  }

  /** @param used gets the secrets that were sent */
  private async exchange(asked: HttpRequest, used: Set<string>): Promise<BytesResponse> {
    let { url, method, body, headers = {} } = asked;
    for (let redirects = 0; ; redirects += 1) {
      const target = new URL(url);
      checkRequest(this.policy, method, target, Buffer.byteLength(body ?? ''));
      const sent = await this.headersFor(asked, { method, target, headers, used });
      const response = await this.send({ url, method, headers: sent, body, signal: asked.signal });
      if (this.policy.audit) audit(asked, { method, origin: target.origin, status: response.status });
      const { location } = response.headers;
      if (!REDIRECTS.has(response.status) || location === undefined) return response;
      if (redirects >= this.policy.maxRedirects) {
        throw new HttpRefusedError(`more than ${this.policy.maxRedirects} redirects`);
      }
      const next = new URL(location, target);
      if (next.origin !== target.origin) headers = ofAnyHost(headers);
      const becomesGet = response.status === 303 || (response.status < 303 && method === 'POST');
      if (becomesGet && method !== 'HEAD') {
        method = 'GET';
        body = undefined;
      }
      url = next.href;
    }
  }

  /**
   * The headers of one hop. Those of the webhook's account go wherever the account is meant for, also after a redirect;
   * their values are secrets.
   */
  private async headersFor(
    { application = '', webhook, signal }: HttpRequest,
    hop: { method: string; target: URL; headers: Record<string, string>; used: Set<string> },
  ): Promise<Record<string, string>> {
    const { method, target, headers, used } = hop;
    const account = webhook && accountFor(this.policy, webhook, method, target);
    const use = { application, host: target.hostname };
    const own = await headersWithSecrets(headers, this.secrets, { use, signal, used });
    if (account === undefined) return own;
    const given = await headersWithSecrets(account.headers, this.secrets, {
      use: 'configuration',
      signal,
      used,
    });
    for (const value of Object.values(given)) used.add(value);
    const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
    const others = Object.entries(own).filter(([name]) => !names.has(name.toLowerCase()));
    return { ...Object.fromEntries(others), ...given };
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

/** Paths and queries of webhooks are often secret: only where they go is told. */
function audit(
  { application, webhook }: HttpRequest,
  sent: { method: string; origin: string; status: number },
): void {
  log.info('request sent', { ...sent, application, webhookAccount: webhook?.account });
}

/** @throws InvalidInputError naming a file that cannot be read */
function tlsOf({ tls }: HttpPolicy): { ca?: string[]; cert?: string; key?: string } {
  const read = (field: string, file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new InvalidInputError('outbound.invalid_policy', [
        { path: `HTTP_POLICY.tls.${field}`, message: messageOf(error) },
      ]);
    }
  };
  return {
    ...(tls?.caFile !== undefined && { ca: [...rootCertificates, read('caFile', tls.caFile)] }),
    ...(tls?.certFile !== undefined && { cert: read('certFile', tls.certFile) }),
    ...(tls?.keyFile !== undefined && { key: read('keyFile', tls.keyFile) }),
  };
}

/** What belongs to one host and must not follow a redirect to another. */
const OF_ONE_HOST = /^(authorization|cookie|proxy-authorization|x-api-key|.*token.*)$/i;

function ofAnyHost(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => !OF_ONE_HOST.test(name) && !refersToSecret(value)),
  );
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
