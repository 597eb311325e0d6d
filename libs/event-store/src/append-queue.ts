import type { PreparedAppend } from './prepared-append.js';

export interface AppendQueueOptions {
  /** Statements on their way at a time. Default 2. */
  lanes?: number;
  /** Appends in one statement, at most. Default 64. */
  most?: number;
  /** Length of the events' JSON in one statement, beyond which no further append joins it. Default 1 MiB. */
  size?: number;
}

interface Waiting<Result> {
  append: PreparedAppend;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets appends that come while others are being written commit together: one statement, one commit and one
 * confirmation for many of them. An append that comes alone goes at once. When a shared statement is refused, each of
 * its appends is tried by itself, so that a stale one fails alone.
 */
export class AppendQueue<Result> {
  private waiting: Waiting<Result>[] = [];
  private busy = 0;
  private readonly lanes: number;
  private readonly most: number;
  private readonly size: number;

  /**
   * @param write commits all of them or none, and returns the result of each in the same order
   * @param isRefusal whether an error says for certain that nothing was committed
   */
  constructor(
    private readonly write: (appends: PreparedAppend[]) => Promise<Result[]>,
    private readonly isRefusal: (error: unknown) => boolean,
    options: AppendQueueOptions = {},
  ) {
    this.lanes = options.lanes ?? 2;
    this.most = options.most ?? 64;
    this.size = options.size ?? 1 << 20;
  }

  add(append: PreparedAppend): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ append, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    while (this.busy < this.lanes && this.waiting.length > 0) {
      const batch = this.takeBatch();
      this.busy += 1;
      void this.run(batch).finally(() => {
        this.busy -= 1;
        this.next();
      });
    }
  }

  /** The longest waiting, and those behind it that can be written beside it: none touches what another touches. */
  private takeBatch(): Waiting<Result>[] {
    const batch: Waiting<Result>[] = [];
    const left: Waiting<Result>[] = [];
    const touched = new Set<string>();
    let size = 0;
    for (const [index, entry] of this.waiting.entries()) {
      if (batch.length === this.most || size >= this.size || (batch[0] && !mayShare(batch[0].append))) {
        left.push(...this.waiting.slice(index));
        break;
      }
      const own = touchedBy(entry.append);
      const free = own.every((name) => !touched.has(name)) && (batch.length === 0 || mayShare(entry.append));
      // What stays behind keeps its place before others of the same stream.
      for (const name of own) touched.add(name);
      if (free) {
        batch.push(entry);
        size += entry.append.size;
      } else {
        left.push(entry);
      }
    }
    this.waiting = left;
    return batch;
  }

  private async run(batch: Waiting<Result>[]): Promise<void> {
    try {
      const results = await this.write(batch.map(({ append }) => append));
      batch.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      if (batch.length === 1 || !this.isRefusal(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      for (const entry of batch) await this.run([entry]);
    }
  }
}

/** Free SQL may lock anything: it is written alone. */
function mayShare({ request }: PreparedAppend): boolean {
  return request.statements === undefined || request.statements.length === 0;
}

/** The stream and the work items that an append writes. Two parts of one statement must not write the same row. */
function touchedBy({ request }: PreparedAppend): string[] {
  const { open = [], close = [], wake = [], reschedule = [] } = request.workItems ?? {};
  return [
    request.stream,
    ...open.map((item) => item.id),
    ...close,
    ...wake,
    ...reschedule.map((item) => item.id),
  ];
}
