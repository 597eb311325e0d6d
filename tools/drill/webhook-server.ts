import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes requests, and remembers under which keys they came. */
export interface WebhookServer {
  url: string;
  /** Idempotency keys by path. */
  keys: Map<string, Set<string>>;
  requests(): number;
  stop(): void;
}

export async function startWebhookServer(): Promise<WebhookServer> {
  const keys = new Map<string, Set<string>>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const path = request.url ?? '';
    const seen = keys.get(path) ?? new Set();
    seen.add(String(request.headers['idempotency-key'] ?? 'none'));
    keys.set(path, seen);
    request.resume();
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    keys,
    requests: () => requests,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
