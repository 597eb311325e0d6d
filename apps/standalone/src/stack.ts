export interface StackOptions {
  databaseUrl: string;
  /** Undefined: the queue is BullMQ's Postgres backend on `databaseUrl`. */
  redisUrl: string | undefined;
  /** Folder for what must survive a restart and is not in the database. */
  dataDir: string;
  /** Shows a line to the person at the terminal. */
  print: (line: string) => void;
}

export interface Stack {
  /** Takes no more work, finishes or releases what it holds, and closes its connections. */
  close(): Promise<void>;
}

/** Starts all services in this process. */
export async function startStack(options: StackOptions): Promise<Stack> {
  options.print('Services: none yet');
  return { close: async () => undefined };
}
