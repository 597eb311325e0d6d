import type { FastifyReply } from 'fastify';
import type { LiveMessage } from './live-feeds.js';

const HEARTBEAT_MS = 15_000;
/** Bytes that may wait in a connection before its client counts as one that does not keep up. */
const MAX_BUFFERED = 256 * 1024;

/** A server-sent event stream to one client. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private resume: () => void = () => undefined;

  constructor(private readonly reply: FastifyReply) {
    const { raw } = reply;
    reply.hijack();
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      Connection: 'keep-alive',
      'X-Accel-Buffering': 'no',
    });
    // Lets a proxy and the browser know at once that the stream is open.
    raw.write('retry: 1000\n\n');
    raw.on('drain', () => this.resume());
    this.heartbeat = setInterval(() => raw.write(': alive\n\n'), HEARTBEAT_MS);
    raw.on('close', () => clearInterval(this.heartbeat));
  }

  /** False when the client does not keep up. */
  send({ cursor, event, data }: LiveMessage): boolean {
    const { raw } = this.reply;
    if (raw.destroyed || raw.writableEnded) return false;
    raw.write(`id: ${cursor}\nevent: ${event}\ndata: ${data}\n\n`);
    return raw.writableLength < MAX_BUFFERED;
  }

  /** Called when the client keeps up again. */
  onResume(resume: () => void): void {
    this.resume = resume;
  }

  onClose(close: () => void): void {
    if (this.reply.raw.destroyed) close();
    else this.reply.raw.on('close', close);
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.reply.raw.end();
  }
}
