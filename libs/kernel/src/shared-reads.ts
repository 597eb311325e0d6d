/**
 * Reads that many ask for at once are done once. Whoever asks while one is under way shares the next one: nobody is
 * given what was read before he asked.
 */
export class SharedReads<T> {
  private readonly reads = new Map<string, { running: Promise<T>; next?: Promise<T> }>();

  /** @param key what is read; two reads of one key give the same */
  run(key: string, read: () => Promise<T>): Promise<T> {
    const current = this.reads.get(key);
    if (current === undefined) return this.start(key, read);
    current.next ??= current.running.then(
      () => this.start(key, read),
      () => this.start(key, read),
    );
    return current.next;
  }

  private start(key: string, read: () => Promise<T>): Promise<T> {
    const entry: { running: Promise<T>; next?: Promise<T> } = {
      running: read().finally(() => {
        if (entry.next === undefined) this.reads.delete(key);
      }),
    };
    this.reads.set(key, entry);
    return entry.running;
  }
}
