import { type Environment, readSettings } from '@gennaker/kernel';
import { LOG_LEVELS, type LogLevel } from '@gennaker/observability';
import { type HttpPolicy, httpPolicyFrom } from '@gennaker/outbound';
import { type OperatorStages, preconfiguredJobsIn, preconfiguredWebhooksIn } from '@gennaker/stages';
import { z } from 'zod';
import type { ServiceOptions } from './services/service-client.js';

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const environmentSchema = z.object({
  GATE_HOST: z.string().min(1).default('127.0.0.1'),
  GATE_PORT: wholeNumber(0, 65_535).default(8084),
  GATE_BODY_LIMIT_BYTES: wholeNumber(1_024, 1_073_741_824).default(10 * 1024 * 1024),
  GATE_IMPORT_LIMIT_BYTES: wholeNumber(1_024, 1_073_741_824).default(100 * 1024 * 1024),
  GATE_REQUEST_TIMEOUT_MS: wholeNumber(100, 3_600_000).default(60_000),
  GATE_RATE_LIMIT_PER_SECOND: wholeNumber(0, 1_000_000).optional(),
  GATE_RATE_LIMIT_BURST: wholeNumber(1, 1_000_000).optional(),
  GATE_CORS_ORIGINS: z.string().default(''),
  GATE_TRUST_PROXY: flag.default(false),
  GATE_TRUST_USER_HEADER: flag.default(false),
  GATE_MAX_LIVE_STREAMS: wholeNumber(1, 1_000_000).default(5_000),
  GATE_HALT_ROLES: z.string().default('operator'),
  CLOUDDRIVER_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:7002'),
  CLOUDDRIVER_TIMEOUT_MS: wholeNumber(100, 3_600_000).default(120_000),
  KAYENTA_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8090'),
  KAYENTA_TIMEOUT_MS: wholeNumber(100, 3_600_000).default(120_000),
  GENNAKER_SERVICE_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  DECK_BASE_URL: z.url().default('http://localhost:9000'),
  GENNAKER_ALLOW_UNAUTHENTICATED_NETWORK: flag.default(false),
  EXPRESSIONS: z.enum(['strict', 'lenient']).default('strict'),
  LOG_LEVEL: z.enum(LOG_LEVELS as [LogLevel, ...LogLevel[]]).default('info'),
});

export interface GateConfig {
  host: string;
  port: number;
  bodyLimit: number;
  /** Biggest accepted file of an installation, in bytes; also the biggest answer of a Spinnaker that is imported. */
  importLimit: number;
  /** Where imports may read from. */
  httpPolicy: HttpPolicy;
  requestTimeoutMs: number;
  /** Absent: no limit. */
  rateLimit?: { perSecond: number; burst: number };
  /** Where the web UI is served from: it may call us, and redirects may go there. */
  deckBaseUrl: string;
  corsOrigins: string[];
  trustProxy: boolean;
  /** A proxy in front signs people in and sets `X-SPINNAKER-USER`. */
  trustUserHeader: boolean;
  maxLiveStreams: number;
  /** Who may stop and resume work, where people sign in. In lower case. */
  haltRoles: string[];
  /** The services that the gate asks over HTTP. */
  clouddriver: ServiceOptions;
  kayenta: ServiceOptions;
  allowUnauthenticatedNetwork: boolean;
  logLevel: LogLevel;
  /** What a failing expression means in a pipeline that does not say: `lenient` is Spinnaker's way. */
  expressions: 'strict' | 'lenient';
  /** Webhooks and jobs of the operators: stage types of their own. */
  operatorStages: Required<OperatorStages>;
}

/** Where nobody but this machine gets in, a limit only stands in the way of load tests and scripts. */
const NETWORK_RATE_LIMIT = 500;

/** @throws InvalidInputError naming the variable and the fix */
export function gateConfigFrom(environment: Environment): GateConfig {
  const names = Object.fromEntries(Object.keys(environmentSchema.shape).map((name) => [name, name]));
  const data = readSettings(environmentSchema, environment, names);
  const loopback = /^(localhost|127\..*|::1)$/.test(data.GATE_HOST);
  const perSecond = data.GATE_RATE_LIMIT_PER_SECOND ?? (loopback ? 0 : NETWORK_RATE_LIMIT);
  const deckOrigin = new URL(data.DECK_BASE_URL).origin;
  return {
    operatorStages: {
      webhooks: preconfiguredWebhooksIn(environment['PRECONFIGURED_WEBHOOKS']),
      jobs: preconfiguredJobsIn(environment['PRECONFIGURED_JOBS']),
    },
    host: data.GATE_HOST,
    port: data.GATE_PORT,
    bodyLimit: data.GATE_BODY_LIMIT_BYTES,
    importLimit: data.GATE_IMPORT_LIMIT_BYTES,
    httpPolicy: httpPolicyFrom(environment['HTTP_POLICY']),
    requestTimeoutMs: data.GATE_REQUEST_TIMEOUT_MS,
    ...(perSecond === 0
      ? {}
      : { rateLimit: { perSecond, burst: data.GATE_RATE_LIMIT_BURST ?? perSecond * 2 } }),
    deckBaseUrl: data.DECK_BASE_URL,
    corsOrigins: [deckOrigin, ...listOf(data.GATE_CORS_ORIGINS)],
    trustProxy: data.GATE_TRUST_PROXY,
    trustUserHeader: data.GATE_TRUST_USER_HEADER,
    maxLiveStreams: data.GATE_MAX_LIVE_STREAMS,
    haltRoles: listOf(data.GATE_HALT_ROLES.toLowerCase()),
    clouddriver: {
      name: 'The cloud driver',
      code: 'gate.clouddriver',
      url: data.CLOUDDRIVER_URL,
      token: data.GENNAKER_SERVICE_TOKEN,
      timeoutMs: data.CLOUDDRIVER_TIMEOUT_MS,
    },
    kayenta: {
      name: 'The metrics judge',
      code: 'gate.kayenta',
      url: data.KAYENTA_URL,
      token: data.GENNAKER_SERVICE_TOKEN,
      timeoutMs: data.KAYENTA_TIMEOUT_MS,
    },
    allowUnauthenticatedNetwork: data.GENNAKER_ALLOW_UNAUTHENTICATED_NETWORK,
    logLevel: data.LOG_LEVEL,
    expressions: data.EXPRESSIONS,
  };
}

/** A comma-separated text as a list. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}
