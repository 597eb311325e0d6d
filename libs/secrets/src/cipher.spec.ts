import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Cipher, UnknownKeyError } from './cipher.js';

const key = (): string => randomBytes(32).toString('base64');

describe('the cipher of what is kept', () => {
  it('gives back what it sealed, and never writes it in the clear', () => {
    const cipher = new Cipher([key()]);
    const sealed = cipher.seal('token: hunter2', 'prod/1');
    expect(sealed.bytes.toString('latin1')).not.toContain('hunter2');
    expect(cipher.open(sealed, 'prod/1')).toBe('token: hunter2');
    expect(cipher.seal('token: hunter2', 'prod/1').bytes).not.toEqual(sealed.bytes);
  });

  it('does not open bytes that were changed, or moved to another account', () => {
    const cipher = new Cipher([key()]);
    const sealed = cipher.seal('text', 'prod/1');
    expect(() => cipher.open(sealed, 'staging/1')).toThrow();
    sealed.bytes[30]! ^= 1;
    expect(() => cipher.open(sealed, 'prod/1')).toThrow();
  });

  it('opens with an older key after a rotation, and seals with the new one', () => {
    const [older, newer] = [key(), key()];
    const sealed = new Cipher([older]).seal('text', 'c');
    const rotated = new Cipher([newer, older]);
    expect(rotated.open(sealed, 'c')).toBe('text');
    expect(() => new Cipher([older]).open(rotated.seal('text', 'c'), 'c')).toThrow(UnknownKeyError);
  });

  it('refuses a key of another length', () => {
    expect(() => new Cipher(['c2hvcnQ='])).toThrow(/32 bytes/);
  });
});
