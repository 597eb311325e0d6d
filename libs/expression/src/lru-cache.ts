/** The most recently used values by text, bounded in number and in the characters of their keys. */
export class LruCache<T> {
  private readonly byKey = new Map<string, T>();
  private characters = 0;

  constructor(
    private readonly maxEntries: number,
    private readonly maxCharacters: number,
  ) {}

  get size(): number {
    return this.byKey.size;
  }

  get(key: string): T | undefined {
    const value = this.byKey.get(key);
    if (value === undefined) return undefined;
    // Moving it to the end at every read would cost more than it saves while there is room.
    if (this.byKey.size * 2 > this.maxEntries) {
      this.byKey.delete(key);
      this.byKey.set(key, value);
    }
    return value;
  }

  set(key: string, value: T): void {
    if (key.length > this.maxCharacters) return;
    if (!this.byKey.has(key)) this.characters += key.length;
    this.byKey.set(key, value);
    while (this.byKey.size > this.maxEntries || this.characters > this.maxCharacters) {
      const oldest = this.byKey.keys().next().value;
      if (oldest === undefined) break;
      this.byKey.delete(oldest);
      this.characters -= oldest.length;
    }
  }
}
