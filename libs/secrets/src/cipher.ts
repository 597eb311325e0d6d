import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { GennakerError, InvalidInputError } from '@gennaker/kernel';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealed {
  /** Which key, so that keys can be rotated. */
  keyId: string;
  /** Nonce, tag and cipher text. */
  bytes: Buffer;
}

/** The key that something was sealed with is not configured. */
export class UnknownKeyError extends GennakerError {
  constructor(keyId: string) {
    super(
      'secrets.unknown_key',
      `it was encrypted with the key ${keyId}, which is not among the configured ones`,
    );
  }
}

/**
 * Encrypts what is kept: AES-256-GCM with a fresh nonce each time, bound to `context` so that the bytes of one place are
 * worth nothing in another. The first key encrypts; all decrypt, so a key is rotated by putting the new
 * one in front.
 */
export class Cipher {
  private readonly keys = new Map<string, Buffer>();
  private readonly first: string;

  /** @param keys 32 bytes each, base64 or hex. */
  constructor(keys: readonly string[]) {
    for (const [index, text] of keys.entries()) {
      const key = decodeKey(text);
      if (key === undefined) {
        throw new InvalidInputError('secrets.bad_key', [
          {
            path: `encryptionKeys.${index}`,
            message: 'must be 32 bytes in base64 or hex (openssl rand -base64 32)',
          },
        ]);
      }
      this.keys.set(keyIdOf(key), key);
    }
    this.first = this.keys.keys().next().value ?? '';
  }

  get ready(): boolean {
    return this.first !== '';
  }

  seal(plain: string, context: string): Sealed {
    const key = this.keys.get(this.first);
    if (key === undefined) throw new UnknownKeyError('(none)');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, iv);
    cipher.setAAD(Buffer.from(context));
    const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return { keyId: this.first, bytes: Buffer.concat([iv, cipher.getAuthTag(), text]) };
  }

  /** @throws UnknownKeyError, or an error of the crypto module when the bytes were tampered with or moved. */
  open(sealed: Sealed, context: string): string {
    const key = this.keys.get(sealed.keyId);
    if (key === undefined) throw new UnknownKeyError(sealed.keyId);
    const decipher = createDecipheriv(ALGORITHM, key, sealed.bytes.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const text = Buffer.concat([
      decipher.update(sealed.bytes.subarray(IV_BYTES + TAG_BYTES)),
      decipher.final(),
    ]);
    return text.toString('utf8');
  }
}

/** Whether a text is a key: 32 bytes in base64 or hex. */
export function isEncryptionKey(text: string): boolean {
  return decodeKey(text) !== undefined;
}

function decodeKey(text: string): Buffer | undefined {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  return key.length === 32 ? key : undefined;
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}
