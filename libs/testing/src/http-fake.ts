import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** An object goes out as JSON. */
  body?: unknown;
}

/** A server on a free port of this machine that answers by a function and remembers what it was asked. */
export class HttpFake {
  readonly requests: FakeRequest[] = [];
  private readonly server: Server;
  /** Answers that go out before the function is asked, oldest first; `hang` never answers. */
  readonly next: (FakeAnswer | 'hang')[] = [];

  constructor(private readonly answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>) {
    this.server = createServer((incoming, outgoing) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming) chunks.push(chunk as Buffer);
        const request: FakeRequest = {
          method: incoming.method ?? 'GET',
          url: new URL(incoming.url ?? '/', this.url),
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        this.requests.push(request);
        const planned = this.next.shift();
        if (planned === 'hang') return;
        const { status = 200, headers = {}, body } = planned ?? (await this.answer(request));
        const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
        const type = typeof body === 'string' ? 'text/html' : 'application/json';
        outgoing.writeHead(status, { 'content-type': type, ...headers }).end(text);
      })();
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo | null)?.port ?? 0}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }
}
