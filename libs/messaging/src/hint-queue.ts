/** Says that a work item may be due. Carries nothing else: the row in Postgres is what counts. */
export interface Hint {
  id: string;
  queue: string;
  /** Milliseconds since the Unix epoch. */
  dueAt: number;
  /** Hints with the same token are the same hint. */
  token: string;
}

export interface HintConsumer {
  /** Stops taking hints; resolves when the ones under way have been handled. */
  close(): Promise<void>;
}

/**
 * Carries hints between processes. May lose, double, delay and reorder them; all it owes is that most arrive soon.
 */
export abstract class HintQueue {
  abstract send(hints: Hint[]): Promise<void>;
  /** Calls `handle` with a work item's id, at most `concurrency` at a time. */
  abstract consume(queue: string, concurrency: number, handle: (id: string) => Promise<void>): HintConsumer;
  /** How many hints have come that nobody handles yet; those that are not due are not counted. */
  abstract backlog(queue: string): Promise<number>;
  /** False while hints cannot be carried: whoever has one to send had better run the item itself. */
  abstract available(): boolean;
  /** Rejects when hints cannot be carried now. */
  abstract check(): Promise<void>;
  abstract close(): Promise<void>;
}
