import { describe, expect, it } from 'vitest';
import { checkSecretUse, secretPolicySchema } from './secret-policy.js';
import { canonicalName, isSecretReference, parseSecretReference, referencesIn } from './secret-reference.js';

describe('a reference to a secret', () => {
  it.each([
    ['secret://env/TOKEN', { engine: 'env', name: 'TOKEN' }],
    ['secret://env?n=TOKEN', { engine: 'env', name: 'TOKEN' }],
    ['encrypted:env!n:TOKEN', { engine: 'env', name: 'TOKEN' }],
    ['secret://file/run/secrets/a', { engine: 'file', path: '/run/secrets/a' }],
    ['encrypted:file!p:/a/b.yml!k:x.y', { engine: 'file', path: '/a/b.yml', key: 'x.y' }],
    ['encrypted:k8s!n:tokens!k:github', { engine: 'k8s', name: 'tokens', key: 'github' }],
    ['encrypted:k8s!ns:cd!n:tokens!k:a', { engine: 'k8s', namespace: 'cd', name: 'tokens', key: 'a' }],
    ['secret://k8s?ns=cd&n=tokens&k=a', { engine: 'k8s', namespace: 'cd', name: 'tokens', key: 'a' }],
    ['secret://k8s/cd/tokens/a.pem', { engine: 'k8s', namespace: 'cd', name: 'tokens', key: 'a.pem' }],
  ])('is read: %s', (text, expected) => {
    expect(parseSecretReference(text)).toEqual(expected);
    expect(isSecretReference(text)).toBe(true);
  });

  it.each([
    'secret://vault/a',
    'encrypted:s3!b:bucket',
    'secret://env',
    'encrypted:k8s!n:tokens',
    'encrypted:k8s!tokens',
    'secret://file/../etc/passwd',
    'encrypted:file!p:relative',
    'secret://k8s/cd/..%2f..%2fpods/a',
    'secret://env/%ZZ',
  ])('is refused with the forms that there are: %s', (text) => {
    expect(() => parseSecretReference(text)).toThrow(text.slice(0, 12));
  });

  it('may stand in the middle of a text', () => {
    expect(referencesIn('Bearer secret://env/TOKEN, please')).toEqual(['secret://env/TOKEN']);
    expect(referencesIn('nothing')).toEqual([]);
  });
});

describe('the rules for secrets', () => {
  const token = parseSecretReference('secret://env/GENNAKER_SECRET_TOKEN');
  const other = parseSecretReference('secret://env/DATABASE_URL');
  const use = { application: 'Shop', host: 'api.example.com' };
  const allows = (rules: unknown, reference = other) => {
    try {
      checkSecretUse(secretPolicySchema.parse(rules), reference, use);
      return true;
    } catch (error) {
      expect((error as Error).message).toContain(`${canonicalName(reference)} to api.example.com`);
      return false;
    }
  };

  it('let pipelines use variables of a name of their own, and nothing else, unless they say so', () => {
    expect(allows(undefined, token)).toBe(true);
    expect(allows(undefined)).toBe(false);
    expect(() => checkSecretUse([], other, 'configuration')).not.toThrow();
  });

  it('bind a secret to applications and hosts', () => {
    expect(allows([{ reference: 'env/*', applications: ['shop'], hosts: ['*.example.com'] }])).toBe(true);
    expect(allows([{ reference: 'env/*', applications: ['other'] }])).toBe(false);
    expect(allows([{ reference: 'env/*', hosts: ['*.example.com.evil'] }])).toBe(false);
    expect(allows([{ reference: 'env/DATABASE' }])).toBe(false);
    expect(allows([{ reference: '*/DATA*_URL' }])).toBe(true);
  });
});
