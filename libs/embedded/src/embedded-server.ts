import type { ServerExit } from './server-process.js';

/** A server that runs as a child of this process. */
export interface EmbeddedServer {
  /** Where to connect, with its password: never log it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<ServerExit>;
  /** Ends it in an orderly way and gives its folder free. May be called more than once. */
  stop(): Promise<void>;
}
