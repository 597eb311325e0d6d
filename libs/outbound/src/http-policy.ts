import { checkSettings, InvalidInputError, messageOf } from '@gennaker/kernel';
import { HttpRefusedError } from '@gennaker/stages';
import ipaddr from 'ipaddr.js';
import { RE2JS } from 're2js';
import { z } from 'zod';

/** A request that webhooks may send: an entry of the operators' list. */
const allowedSchema = z
  .object({
    methods: z.array(z.string().transform((method) => method.toUpperCase())).optional(),
    urlPrefix: z.string().optional(),
    /** A regular expression that the whole address must match. */
    urlPattern: z.string().optional(),
  })
  .refine((entry) => entry.urlPrefix !== undefined || entry.urlPattern !== undefined, {
    message: 'needs urlPrefix or urlPattern',
  });

export const httpPolicySchema = z.object({
  /** Whether requests may go to loopback, link-local and private addresses. */
  allowPrivateAddresses: z.boolean().default(false),
  /** Absent: every public address. */
  allowed: z.array(allowedSchema).optional(),
  maxRequestBytes: z
    .number()
    .int()
    .positive()
    .default(1024 * 1024),
  maxResponseBytes: z
    .number()
    .int()
    .positive()
    .default(10 * 1024 * 1024),
  connectTimeoutMs: z.number().int().positive().default(15_000),
  /** Milliseconds for the answer's headers, and between two parts of its body. */
  readTimeoutMs: z.number().int().positive().default(20_000),
  maxRedirects: z.number().int().min(0).max(20).default(5),
});

export type HttpPolicy = z.infer<typeof httpPolicySchema>;

/** Reads the policy of `HTTP_POLICY`, a JSON document. @throws InvalidInputError naming the field */
export function httpPolicyFrom(text: string | undefined): HttpPolicy {
  let given: unknown;
  try {
    given = text === undefined || text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError('outbound.invalid_policy', [
      { path: 'HTTP_POLICY', message: `is not JSON: ${messageOf(error)}` },
    ]);
  }
  return checkSettings(z.object({ policy: httpPolicySchema }), { policy: given }, { policy: 'HTTP_POLICY' })
    .policy;
}

/** Throws {@link HttpRefusedError} for a request that the operators do not allow. */
export function checkRequest(policy: HttpPolicy, method: string, url: URL, bodyBytes: number): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new HttpRefusedError(`${url.protocol} addresses are not allowed: use http or https`);
  }
  if (bodyBytes > policy.maxRequestBytes) {
    throw new HttpRefusedError(
      `the request has ${bodyBytes} bytes; at most ${policy.maxRequestBytes} are allowed`,
    );
  }
  if (policy.allowed !== undefined && !policy.allowed.some((entry) => matches(entry, method, url))) {
    throw new HttpRefusedError(`${method} ${url.origin} is not on the list of allowed requests`);
  }
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal)) checkAddress(policy, url.hostname, literal);
}

/** Throws {@link HttpRefusedError} for a host that resolves to an address inside. */
export function checkAddress(policy: HttpPolicy, host: string, address: string): void {
  if (policy.allowPrivateAddresses || isPublic(address)) return;
  throw new HttpRefusedError(`${host} is a private address, which requests may not go to`);
}

export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

function matches(entry: z.infer<typeof allowedSchema>, method: string, url: URL): boolean {
  if (entry.methods !== undefined && !entry.methods.includes(method)) return false;
  if (entry.urlPrefix !== undefined) return hasPrefix(url, entry.urlPrefix);
  return RE2JS.compile(entry.urlPattern!).matches(url.href);
}

/** `https://a.example` must not allow `https://a.example.evil`: a prefix ends where a host or a path segment does. */
function hasPrefix(url: URL, prefix: string): boolean {
  if (!URL.canParse(prefix)) return false;
  const allowed = new URL(prefix);
  return url.origin === allowed.origin && !url.username && url.href.startsWith(allowed.href);
}
