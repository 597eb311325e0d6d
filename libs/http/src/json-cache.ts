import { JsonPiece } from './json-text.js';

/** What is wanted of a cache: the piece of this key, if it is still good. */
export interface Wanted {
  key: string;
  /** Changes whenever the piece would. */
  fingerprint: string;
}

/** Pieces of JSON by key, each good for one fingerprint. Bounded by their total length; the oldest go first. */
export class JsonCache {
  private readonly entries = new Map<string, { fingerprint: string; piece: JsonPiece }>();
  private length = 0;

  /** @param maxLength in bytes */
  constructor(private readonly maxLength: number) {}

  get({ key, fingerprint }: Wanted): JsonPiece | undefined {
    const entry = this.entries.get(key);
    return entry?.fingerprint === fingerprint ? entry.piece : undefined;
  }

  put({ key, fingerprint }: Wanted, piece: JsonPiece): void {
    this.drop(key);
    const { length } = piece.bytes;
    if (length > this.maxLength) return;
    this.entries.set(key, { fingerprint, piece });
    this.length += length;
    for (const oldest of this.entries.keys()) {
      if (this.length <= this.maxLength) return;
      this.drop(oldest);
    }
  }

  /**
   * The pieces in the order in which they are wanted.
   *
   * @param make the texts of those that are not at hand, by key: read after the fingerprints were, so that no text is
   *   older than the fingerprint that it is kept under. What has gone meanwhile is left out.
   */
  async list<Item extends Wanted>(
    wanted: readonly Item[],
    make: (missing: Item[]) => Promise<ReadonlyMap<string, string>>,
  ): Promise<JsonPiece[]> {
    const known = wanted.map((item) => this.get(item));
    const missing = wanted.filter((_item, place) => known[place] === undefined);
    const made = missing.length === 0 ? undefined : await make(missing);
    const pieces = wanted.map((item, place) => {
      const text = made?.get(item.key);
      if (known[place] !== undefined || text === undefined) return known[place];
      const piece = JsonPiece.of(text);
      this.put(item, piece);
      return piece;
    });
    return pieces.filter((piece) => piece !== undefined);
  }

  private drop(key: string): void {
    this.length -= this.entries.get(key)?.piece.bytes.length ?? 0;
    this.entries.delete(key);
  }
}
