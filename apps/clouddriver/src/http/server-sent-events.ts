import { once } from 'node:events';
import { whileConnected } from '@gennaker/http';
import type { FastifyReply } from 'fastify';

/** Comments keep proxies from closing a log that has nothing to say. */
const KEEP_ALIVE_MS = 15_000;

interface EventSource {
  source: (signal: AbortSignal) => AsyncIterable<string>;
  /** What the client is told of an error. */
  errorOf: (error: unknown) => string;
}

/** Sends lines as server-sent events, as fast as the client takes them. An error before the first line is thrown. */
export async function serverSentEvents(reply: FastifyReply, { source, errorOf }: EventSource): Promise<void> {
  const signal = whileConnected(reply);
  const lines = source(signal)[Symbol.asyncIterator]();
  const first = lines.next();
  // Headers go out once there is a line, or soon, so that a client knows that it is connected.
  await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const keepAlive = setInterval(() => out.write(': \n\n'), KEEP_ALIVE_MS);
  try {
    for (let next = await first; next.done !== true; next = await lines.next()) {
      if (!out.write(`data: ${next.value.replaceAll('\r', '')}\n\n`)) await once(out, 'drain', { signal });
    }
    out.write('event: end\ndata: \n\n');
  } catch (error) {
    if (!signal.aborted) out.write(`event: error\ndata: ${errorOf(error).replaceAll(/[\r\n]+/g, ' ')}\n\n`);
  } finally {
    clearInterval(keepAlive);
    await lines.return?.(undefined);
    out.end();
  }
}
