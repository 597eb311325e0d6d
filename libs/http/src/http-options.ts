import type { LogLevel } from '@gennaker/observability';
import type { RateLimit } from './token-bucket.js';

export interface CorsOptions {
  /** Origins that may call from a browser, exactly as in the `Origin` header, such as `http://localhost:9000`. */
  origins: readonly string[];
}

export interface HttpOptions {
  /** Name of the service: in logs, metrics and health. */
  service: string;
  logLevel: LogLevel;
  /** Biggest accepted body in bytes. */
  bodyLimit: number;
  /** Other limits than `bodyLimit`, by path of the route. */
  bodyLimits: Readonly<Record<string, number>>;
  /** Time that a client has to send a whole request. */
  requestTimeoutMs: number;
  /** Time without any traffic after which a connection is dropped. */
  connectionTimeoutMs: number;
  /** Take the client's address from `X-Forwarded-For`: only behind a proxy that sets it. */
  trustProxy: boolean;
  cors: CorsOptions;
  /** Per address; absent means no limit. */
  rateLimit?: RateLimit;
  compress: boolean;
}

export const DEFAULT_HTTP_OPTIONS: HttpOptions = {
  service: 'gennaker',
  logLevel: 'info',
  bodyLimit: 10 * 1024 * 1024,
  bodyLimits: {},
  requestTimeoutMs: 60_000,
  connectionTimeoutMs: 120_000,
  trustProxy: false,
  cors: { origins: [] },
  compress: true,
};
