import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A wire to a server that can be cut and mended. */
export class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private open = true;
  /** Connections made since the beginning. */
  connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async to(url: string): Promise<CuttableProxy> {
    const server = createServer();
    const proxy = new CuttableProxy(server, new URL(url));
    server.on('connection', (socket) => proxy.join(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `${this.target.protocol}//127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections, and every new one at once. */
  cut(): void {
    this.open = false;
    this.break();
  }

  mend(): void {
    this.open = true;
  }

  /** Breaks all connections; new ones are fine. */
  break(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(socket: Socket): void {
    this.connections += 1;
    if (!this.open) {
      socket.destroy();
      return;
    }
    const upstream = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    socket.pipe(upstream);
    upstream.pipe(socket);
  }
}
