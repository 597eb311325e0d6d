import { createHash } from 'node:crypto';

const encoder = new TextEncoder();

/** A piece of JSON as it goes over the wire, with a digest of it. Made once, it can be sent many times. */
export class JsonPiece {
  private constructor(
    readonly bytes: Buffer,
    readonly digest: string,
  ) {}

  static of(text: string): JsonPiece {
    // In memory of its own: a part of Node's pool would keep all of that alive.
    const { buffer, byteOffset, byteLength } = encoder.encode(text);
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    return new JsonPiece(bytes, digestOf(bytes));
  }

  /** The tag of an answer that is this piece alone. */
  get tag(): string {
    return tagOf(this.digest);
  }
}

const [OPEN, COMMA, CLOSE] = ['[', ',', ']'].map((text) => encoder.encode(text)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/**
 * An answer that is a list of JSON already: its parts are kept from poll to poll, and not written anew. It may be sent to
 * several who ask for the same.
 */
export class JsonText {
  private knownTag: string | undefined;
  private knownBytes: Buffer | undefined;

  private constructor(readonly pieces: readonly JsonPiece[]) {}

  static list(pieces: readonly JsonPiece[]): JsonText {
    return new JsonText(pieces);
  }

  /** The answer's tag, from its parts' digests alone. */
  get tag(): string {
    this.knownTag ??= tagOf(digestOf(this.pieces.map(({ digest }) => digest).join()));
    return this.knownTag;
  }

  get bytes(): Buffer {
    this.knownBytes ??= this.together();
    return this.knownBytes;
  }

  private together(): Buffer {
    const parts: Uint8Array[] = [OPEN];
    for (const { bytes } of this.pieces) parts.push(bytes, COMMA);
    if (this.pieces.length > 0) parts.pop();
    parts.push(CLOSE);
    return Buffer.concat(parts);
  }
}

function tagOf(digest: string): string {
  return `W/"${digest}"`;
}

function digestOf(data: string | Uint8Array): string {
  return createHash('sha1').update(data).digest('base64url');
}
