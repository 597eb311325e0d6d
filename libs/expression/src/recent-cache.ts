/**
 * Values by text, bounded in number and in the characters of their keys. Two generations: what is read moves to the
 * young one, and when that is full the old one is dropped. Unlike a list by last use, reading costs no deletion, which is
 * slow in large maps.
 */
export class RecentCache<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();
  private characters = 0;

  /** Bounds of one generation. */
  constructor(
    private readonly maxEntries: number,
    private readonly maxCharacters: number,
  ) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): T | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: T): void {
    if (key.length > this.maxCharacters) return;
    if (this.young.size >= this.maxEntries || this.characters + key.length > this.maxCharacters) {
      this.old = this.young;
      this.young = new Map();
      this.characters = 0;
    }
    if (!this.young.has(key)) this.characters += key.length;
    this.young.set(key, value);
  }
}
