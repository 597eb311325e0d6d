import { createServer } from 'node:net';
import { EmbeddedServerError, systemCode } from './embedded-server.error.js';

const FREE_PORT_ATTEMPTS = 5;

/** A TCP port of 127.0.0.1 that nobody listens on at this moment. */
export function chooseFreePort(): Promise<number> {
  return listenOnce(0, '127.0.0.1');
}

/**
 * @param purpose what the port is for, as the message shall say it: "the front door"
 * @throws EmbeddedServerError `embedded.port_busy` when another program listens on it
 */
export async function requireFreePort(port: number, purpose: string, host = '127.0.0.1'): Promise<void> {
  try {
    await listenOnce(port, host);
  } catch (error) {
    throw explainPortError(port, purpose, error);
  }
}

/**
 * Calls `start` with a port: the requested one, or any free one (undefined or 0). Between choosing a free port and
 * listening on it another program may take it; then the next one is tried.
 * @throws EmbeddedServerError `embedded.port_busy` when the requested one is in use
 */
export async function startOnPort<T>(
  requested: number | undefined,
  purpose: string,
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (requested) {
    await requireFreePort(requested, purpose);
    return start(requested);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await chooseFreePort());
    } catch (error) {
      const lostRace = error instanceof EmbeddedServerError && error.code === 'embedded.port_busy';
      if (!lostRace || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

/** The sentence for a port that cannot be listened on; any other error comes back as it is. */
function explainPortError(port: number, purpose: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return portBusy(port, purpose, error);
    case 'EACCES':
      return new EmbeddedServerError(
        'embedded.port_busy',
        `Port ${port} for ${purpose} needs rights that this user does not have: choose a port above 1023.`,
        { cause: error, details: { port } },
      );
    default:
      return error;
  }
}

export function portBusy(port: number, purpose: string, cause?: unknown): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded.port_busy',
    `Port ${port} for ${purpose} is already in use by another program: stop that program, or choose another port.`,
    { cause, details: { port } },
  );
}

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port, host, exclusive: true }, () => {
      const address = probe.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(chosen));
    });
  });
}
