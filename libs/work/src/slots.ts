/** Room for so many at a time; those who find none wait in the order in which they came. */
export class Slots {
  private used = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly room: number) {}

  /** Somebody waits. */
  get contended(): boolean {
    return this.waiting.length > 0;
  }

  /** Resolves when there is room. Give it back with {@link release}. */
  acquire(): Promise<void> {
    if (this.used < this.room) {
      this.used += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  release(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.used -= 1;
    else next();
  }
}
