import { Authenticator } from '@gennaker/access';
import { type Environment, readSettings, UnavailableError } from '@gennaker/kernel';
import { flushLogs, logger } from '@gennaker/observability';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { HealthRegistry } from './health.js';
import { watchStopSignals } from './stop-signals.js';

export interface ListenOptions {
  host: string;
  port: number;
  /**
   * Serve other addresses although nobody has to sign in. For containers whose network lets nobody in but a proxy that
   * signs people in, and for services without an API of their own.
   */
  allowUnauthenticatedNetwork: boolean;
}

const listenSchema = z.object({
  host: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65_535),
  allowUnauthenticatedNetwork: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

/**
 * Where a service serves, by the variables HOST, PORT and {@link ALLOW_UNAUTHENTICATED_NETWORK}.
 *
 * @throws InvalidInputError naming the variable and the fix
 */
export function listenOptionsFrom(environment: Environment, defaultPort: number): ListenOptions {
  return readSettings(
    listenSchema.extend({ port: listenSchema.shape.port.default(defaultPort) }),
    environment,
    { host: 'HOST', port: 'PORT', allowUnauthenticatedNetwork: ALLOW_UNAUTHENTICATED_NETWORK },
  );
}

/** The process cannot serve as configured. The message is one sentence for the terminal. */
export class CannotListenError extends UnavailableError {}

/** The environment variable that the refusal names. */
export const ALLOW_UNAUTHENTICATED_NETWORK = 'GENNAKER_ALLOW_UNAUTHENTICATED_NETWORK';

const log = logger('http');

/**
 * Starts to serve and gives the URL.
 *
 * @throws CannotListenError when the address is not loopback and nobody has to sign in, or when the port is taken
 */
export async function listenHttp(app: NestFastifyApplication, options: ListenOptions): Promise<string> {
  const { signInRequired } = app.get(Authenticator);
  if (!isLoopback(options.host) && !signInRequired && !options.allowUnauthenticatedNetwork) {
    throw new CannotListenError(
      'http.unauthenticated_network',
      `Refusing to serve ${options.host} without sign-in: anybody on that network could deploy. ` +
        `Bind to 127.0.0.1, configure sign-in, or set ${ALLOW_UNAUTHENTICATED_NETWORK}=true where a proxy in front signs people in`,
    );
  }
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    throw new CannotListenError('http.cannot_listen', reasonFor(error, options), { cause: error });
  }
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  log.info('serving', { host: options.host, port });
  return `http://${options.host === '127.0.0.1' || options.host === '::1' ? 'localhost' : options.host}:${port}`;
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

function reasonFor(error: unknown, { host, port }: ListenOptions): string {
  const { code } = error as { code?: string };
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use by another program: stop it, or choose another port`;
  if (code === 'EACCES') return `This user may not open port ${port}: choose one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${host}`;
  return `Cannot serve on ${host}:${port} (${code ?? 'unknown reason'})`;
}

export interface CloseOptions {
  timeoutMs?: number;
  /** Closes what outlives the application, such as connections that its parts share. */
  afterClose?: () => Promise<void>;
}

/**
 * Ends the process on SIGINT, SIGTERM and SIGHUP: readiness turns off, what is running finishes or is released, then
 * exit. Asking again later, or the time-out, ends it at once; the copies of one Ctrl-C that npm sends do not.
 */
export function closeOnSignals(
  app: NestFastifyApplication,
  { timeoutMs = 20_000, afterClose = async () => undefined }: CloseOptions = {},
): void {
  const { requested, forced } = watchStopSignals(process, () => performance.now());
  const close = async (): Promise<number> => {
    log.info('closing', { signal: await requested });
    app.get(HealthRegistry).beginShutdown();
    setTimeout(() => process.exit(1), timeoutMs).unref();
    try {
      await app.close();
      await afterClose();
      return 0;
    } catch (error) {
      log.fatal('closing failed', { error });
      return 1;
    }
  };
  void forced.then(() => process.exit(130));
  void close().then((code) => {
    flushLogs();
    process.exit(code);
  });
}
