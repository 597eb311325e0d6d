/** Texts by key, each good for one fingerprint. Bounded by their total length; the oldest go first. */
export class TextCache {
  private readonly entries = new Map<string, { fingerprint: string; text: string }>();
  private length = 0;

  constructor(private readonly maxLength: number) {}

  get(key: string, fingerprint: string): string | undefined {
    const entry = this.entries.get(key);
    return entry?.fingerprint === fingerprint ? entry.text : undefined;
  }

  put(key: string, fingerprint: string, text: string): void {
    this.drop(key);
    if (text.length > this.maxLength) return;
    this.entries.set(key, { fingerprint, text });
    this.length += text.length;
    for (const oldest of this.entries.keys()) {
      if (this.length <= this.maxLength) return;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.length -= this.entries.get(key)?.text.length ?? 0;
    this.entries.delete(key);
  }
}
