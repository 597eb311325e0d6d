import { checkSettings, InvalidInputError, messageOf } from '@gennaker/kernel';
import { HttpRefusedError, type WebhookSender } from '@gennaker/stages';
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
    /** False: a request that may have arrived is not sent a second time. */
    safeToRetry: z.boolean().default(true),
  })
  .refine((entry) => entry.urlPrefix !== undefined || entry.urlPattern !== undefined, {
    message: 'needs urlPrefix or urlPattern',
  });

/** What webhook stages may send as: headers that pipelines need not know, for the requests that they are meant for. */
const accountSchema = z.object({
  name: z.string().min(1),
  /** Laid over the stage's own; their values may refer to secrets. */
  headers: z.record(z.string(), z.string()).default({}),
  allowed: z.array(allowedSchema).min(1),
});

export const httpPolicySchema = z.object({
  /** Whether requests may go to loopback, link-local and private addresses. */
  allowPrivateAddresses: z.boolean().default(false),
  /** Absent: every public address. */
  allowed: z.array(allowedSchema).optional(),
  /** Of webhook stages: those that they can name as their `account`. */
  accounts: z.array(accountSchema).default([]),
  /** Whether every webhook stage must name one. */
  accountRequired: z.boolean().default(false),
  /** Whether each request is logged: who asked, where it went, what was answered. */
  audit: z.boolean().default(false),
  tls: z
    .object({
      /** File with certificates (PEM) to trust besides those of the system. */
      caFile: z.string().optional(),
      /** Files with the certificate and the key (PEM) that requests identify themselves with. */
      certFile: z.string().optional(),
      keyFile: z.string().optional(),
    })
    .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
      message: 'certFile and keyFile belong together',
    })
    .optional(),
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

/**
 * The account that a webhook stage sends as; undefined where it names none and need not.
 *
 * @throws HttpRefusedError for one that there is not, or that is not meant for the request
 */
export function accountFor(
  policy: HttpPolicy,
  { account: name }: WebhookSender,
  method: string,
  url: URL,
): HttpPolicy['accounts'][number] | undefined {
  if (name === undefined) {
    if (!policy.accountRequired) return undefined;
    throw new HttpRefusedError('a webhook must name an account: set the field account of the stage');
  }
  const account = policy.accounts.find((one) => one.name === name);
  if (account === undefined) {
    // Pipelines from elsewhere may carry the field where nobody has set up any.
    if (policy.accounts.length === 0 && !policy.accountRequired) return undefined;
    throw new HttpRefusedError(`there is no webhook account "${name}"`);
  }
  if (account.allowed.some((entry) => matches(entry, method, url))) return account;
  throw new HttpRefusedError(`the webhook account ${name} is not meant for ${method} ${url.origin}`);
}

/** Whether a request that may have arrived may be sent a second time: what the first entry says that allows it. */
export function isSafeToRetry({ allowed = [] }: HttpPolicy, method: string, url: URL): boolean {
  return allowed.find((entry) => matches(entry, method, url))?.safeToRetry ?? true;
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
