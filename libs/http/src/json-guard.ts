import { InvalidInputError } from '@gennaker/kernel';

export interface JsonLimits {
  /** How deep objects and lists may nest. */
  depth: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { depth: 200 };

const utf8 = new TextDecoder('utf-8', { fatal: true });

const FORBIDDEN_KEYS = new Set(['__proto__']);

/**
 * Parses a JSON body from the outside. Beyond what `JSON.parse` does, it refuses, with the place and the reason: bytes
 * that are not UTF-8, nesting beyond the limit, a key that appears twice in one object (readers disagree on which one
 * counts), `__proto__`, numbers beyond a double, and text that a database cannot store (NUL, half a surrogate pair).
 *
 * @throws InvalidInputError
 */
export function parseJsonBody(bytes: Buffer, limits: JsonLimits = DEFAULT_JSON_LIMITS): unknown {
  const text = decodeUtf8(bytes);
  let value: unknown;
  try {
    new JsonScanner(text, limits).scan();
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidInputError('http.malformed_json', `The body is not valid JSON: ${error.message}`);
  }
  if (/\\u(?:0000|[dD][89a-fA-F])/.test(text)) refuseUnstorable(value, '');
  return value;
}

/** @throws InvalidInputError when the bytes are not UTF-8 */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new InvalidInputError('http.broken_utf8', 'The body is not valid UTF-8');
  }
}

/** True when a database can store the text: no NUL, no half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
}

/** Walks a parsed value (nesting is bounded already) and names the first text that cannot be stored. */
export function refuseUnstorable(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (isStorableText(value)) return;
    throw new InvalidInputError('http.unstorable_text', [
      { path, message: 'holds a NUL or half of a surrogate pair, which cannot be stored' },
    ]);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    refuseUnstorable(key, at);
    refuseUnstorable(inner, at);
  }
}

interface Level {
  keys: Set<string> | undefined;
  /** The key or index that is being read, for the path in a message. */
  at: string | number;
}

/** One pass over the text. It only finds structure; `JSON.parse` judges the grammar afterwards. */
class JsonScanner {
  private position = 0;
  private readonly levels: Level[] = [];
  private expectKey = false;

  constructor(
    private readonly text: string,
    private readonly limits: JsonLimits,
  ) {}

  scan(): void {
    const { text } = this;
    while (this.position < text.length) {
      const code = text.charCodeAt(this.position);
      if (code === 0x22) this.string();
      else if (code === 0x7b || code === 0x5b) this.open(code === 0x7b);
      else if (code === 0x7d || code === 0x5d) this.close();
      else if (code === 0x2c) this.comma();
      else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) this.number();
      else this.position += 1;
    }
  }

  private open(isObject: boolean): void {
    if (this.levels.length >= this.limits.depth) {
      throw new InvalidInputError(
        'http.json_too_deep',
        `The body nests deeper than ${this.limits.depth} levels, at ${this.path().slice(0, 200)}`,
      );
    }
    this.levels.push({ keys: isObject ? new Set() : undefined, at: isObject ? '' : 0 });
    this.expectKey = isObject;
    this.position += 1;
  }

  private close(): void {
    this.levels.pop();
    this.expectKey = false;
    this.position += 1;
  }

  private comma(): void {
    const level = this.levels.at(-1);
    if (level !== undefined && typeof level.at === 'number') level.at += 1;
    this.expectKey = level?.keys !== undefined;
    this.position += 1;
  }

  private string(): void {
    const start = this.position;
    let end = start + 1;
    for (;;) {
      end = this.text.indexOf('"', end);
      if (end === -1) throw new SyntaxError('a text that is never closed');
      let backslashes = 0;
      while (this.text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
      if (backslashes % 2 === 0) break;
      end += 1;
    }
    this.position = end + 1;
    if (this.expectKey) this.key(this.text.slice(start + 1, end));
  }

  private key(raw: string): void {
    const name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    const level = this.levels.at(-1);
    this.expectKey = false;
    if (level?.keys === undefined) return;
    level.at = name;
    if (level.keys.has(name)) {
      throw new InvalidInputError('http.duplicate_key', [
        { path: this.path(), message: 'this key appears twice' },
      ]);
    }
    if (FORBIDDEN_KEYS.has(name)) {
      throw new InvalidInputError('http.forbidden_key', [
        { path: this.path(), message: 'this key is not allowed' },
      ]);
    }
    level.keys.add(name);
  }

  private number(): void {
    const start = this.position;
    let { position } = this;
    while (position < this.text.length && /[-+.0-9eE]/.test(this.text[position] ?? '')) position += 1;
    this.position = position;
    // Only an exponent or hundreds of digits can leave the range of a double.
    const long = position - start > 300;
    const digits = this.text.slice(start, position);
    if ((long || /[eE]/.test(digits)) && !Number.isFinite(Number(digits)) && !Number.isNaN(Number(digits))) {
      throw new InvalidInputError('http.number_too_big', [
        { path: this.path(), message: 'this number is too big' },
      ]);
    }
  }

  private path(): string {
    let path = '';
    for (const { at } of this.levels) {
      path += typeof at === 'number' ? `[${at}]` : path === '' ? at : `.${at}`;
    }
    return path;
  }
}
