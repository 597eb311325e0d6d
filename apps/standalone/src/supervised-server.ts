import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedServer } from '@gennaker/embedded';
import { messageOf } from '@gennaker/kernel';

const MAX_RESTARTS = 5;
const WINDOW_MS = 60_000;
const BACKOFF_MS = [0, 250, 500, 1_000, 2_000];

export interface SupervisedServer {
  readonly url: string;
  readonly port: number;
  /** Resolves with the reason when the server keeps failing and no more restarts are tried. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

export interface SupervisedServerOptions {
  /** What people call it: "PostgreSQL". */
  name: string;
  /** 0: any free one; a restart keeps the port of the first start, since the clients know that one. */
  port: number;
  start: (port: number) => Promise<EmbeddedServer>;
  print: (line: string) => void;
}

/**
 * Keeps a server running: one that ends unasked (killed for want of memory, say) is started again on the same port, and its
 * clients reconnect. More than 5 ends within a minute are a fault that a restart does not cure.
 */
export async function startSupervised(options: SupervisedServerOptions): Promise<SupervisedServer> {
  const { name, print } = options;
  let current = await options.start(options.port);
  const { url, port } = current;
  let stopping = false;
  let fail: (reason: string) => void;
  const failed = new Promise<string>((resolve) => (fail = resolve));

  const watch = async (): Promise<void> => {
    const ends: number[] = [];
    while (true) {
      const { code, signal } = await current.exited;
      if (stopping) return;
      const how = signal === null ? `code ${code}` : signal;
      const now = Date.now();
      ends.push(now);
      const recent = ends.filter((end) => now - end < WINDOW_MS).length;
      if (recent > MAX_RESTARTS) {
        fail(`${name} ended ${recent} times within a minute, the last time with ${how}.`);
        return;
      }
      print(`${name} ended unexpectedly (${how}), starting it again`);
      await current.stop();
      try {
        current = await startAgain(options, port, () => stopping);
      } catch (error) {
        if (!stopping) fail(`${name} could not be started again: ${messageOf(error)}`);
        return;
      }
      // Asked to stop while it was starting: nobody else knows this one yet.
      if (stopping) await current.stop();
    }
  };
  const watching = watch();
  return {
    url,
    port,
    failed,
    stop: async () => {
      stopping = true;
      await current.stop();
      await watching;
    },
  };
}

/** What a killed server leaves behind, such as the sessions of Postgres, takes a moment to end. */
async function startAgain(
  options: SupervisedServerOptions,
  port: number,
  isStopping: () => boolean,
): Promise<EmbeddedServer> {
  let last = new Error('stopped');
  for (const pause of BACKOFF_MS) {
    await sleep(pause);
    if (isStopping()) break;
    try {
      return await options.start(port);
    } catch (error) {
      last = error instanceof Error ? error : new Error(messageOf(error));
    }
  }
  throw last;
}
