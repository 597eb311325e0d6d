import { randomBytes } from 'node:crypto';
import { redactText } from '@gennaker/observability';
import { describe, expect, it } from 'vitest';
import { Cipher } from './cipher.js';
import { Seals } from './seals.js';
import { secretsConfigFrom } from './secrets.config.js';

const newKey = () => randomBytes(32).toString('base64');
const seals = new Seals(new Cipher([newKey()]));
const secret = (stringData: unknown) => ({ apiVersion: 'v1', kind: 'Secret', stringData });

describe('sealed Secrets', () => {
  it('come back as they were, whatever type their values have', () => {
    const manifest = secret({ password: 'hunter2', port: 5432, empty: '', nothing: null });
    const sealed = seals.seal(manifest, 'shop');
    expect(JSON.stringify(sealed)).not.toMatch(/hunter2|5432/);
    expect(sealed.stringData).toMatchObject({ empty: '', nothing: null });
    expect(seals.open(sealed, 'SHOP')).toEqual(manifest);
  });

  it('are not sealed again, and references in them stay', () => {
    const sealed = seals.seal(secret({ password: 'hunter2', token: 'secret://env/TOKEN' }), 'shop');
    expect(seals.seal(sealed, 'shop')).toBe(sealed);
    expect(sealed.stringData).toMatchObject({ token: 'secret://env/TOKEN' });
  });

  it('wait for expressions that are still to be evaluated', () => {
    const manifest = secret({ password: '${parameters.password}' });
    expect(seals.seal(manifest, 'shop', { unevaluated: true })).toBe(manifest);
    expect(seals.seal(manifest, 'shop')).not.toEqual(manifest);
  });

  it('are worth nothing to another application, and say so', () => {
    const sealed = seals.seal(secret({ password: 'hunter2' }), 'shop');
    expect(() => seals.open(sealed, 'other')).toThrow('was not sealed for the application other');
    expect(() => new Seals(new Cipher([newKey()])).open(sealed, 'shop')).toThrow('not among the configured');
  });

  it('are taken out of what is logged once they have been opened, in either form', () => {
    const data = { a: Buffer.from('correct horse').toString('base64') };
    seals.open(seals.seal({ kind: 'Secret', data }, 'shop'), 'shop');
    expect(redactText(`correct horse, ${data.a}`)).toBe('[redacted], [redacted]');
  });

  it('are sealed as a whole where they stand in a text', () => {
    const text = 'apiVersion: v1\nkind: Secret\nstringData:\n  a: ${b}\n';
    const sealed = seals.sealText(text, 'shop');
    expect(sealed).toMatch(/^encrypted:sealed!k:/);
    expect(seals.openText(sealed, 'shop')).toBe(text);
    expect(seals.sealText('{"items":[{"kind":"Secret"}]}', 'shop')).toMatch(/^encrypted:sealed!/);
    expect(seals.sealText('kind: ConfigMap', 'shop')).toBe('kind: ConfigMap');
  });
});

describe('the keys of seals', () => {
  it('come in a list; what is no key is refused by the name of the variable, not by its value', () => {
    const [newer, older] = [newKey(), newKey()];
    const given = `${newer}, ${older}`;
    expect(secretsConfigFrom({ SECRETS_ENCRYPTION_KEYS: given }).encryptionKeys).toHaveLength(2);
    expect(secretsConfigFrom({ SECRETS_ENCRYPTION_KEYS: '' }).encryptionKeys).toEqual([]);
    expect(() => secretsConfigFrom({ SECRETS_ENCRYPTION_KEYS: 'short' })).toThrow(
      /^SECRETS_ENCRYPTION_KEYS: must be keys of 32 bytes/,
    );
  });
});
