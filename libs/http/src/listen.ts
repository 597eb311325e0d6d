import { Authenticator } from '@gennaker/access';
import { UnavailableError } from '@gennaker/kernel';
import { flushLogs, logger } from '@gennaker/observability';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import ipaddr from 'ipaddr.js';
import { HealthRegistry } from './health.js';

export interface ListenOptions {
  host: string;
  port: number;
  /**
   * Serve other addresses although nobody has to sign in. For containers whose network lets nobody in but a proxy that
   * signs people in, and for services without an API of their own.
   */
  allowUnauthenticatedNetwork: boolean;
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
 * Ends the process on SIGINT and SIGTERM: readiness turns off, what is running finishes or is released, then exit. A
 * second signal, or the time-out, ends it at once.
 */
export function closeOnSignals(
  app: NestFastifyApplication,
  { timeoutMs = 20_000, afterClose = async () => undefined }: CloseOptions = {},
): void {
  let closing = false;
  const close = (signal: string): void => {
    if (closing) process.exit(130);
    closing = true;
    log.info('closing', { signal });
    app.get(HealthRegistry).beginShutdown();
    setTimeout(() => process.exit(1), timeoutMs).unref();
    app
      .close()
      .then(afterClose)
      .then(() => {
        flushLogs();
        process.exit(0);
      })
      .catch((error: unknown) => {
        log.fatal('closing failed', { error });
        flushLogs();
        process.exit(1);
      });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => close(signal));
}
