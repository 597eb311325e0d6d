export { Cipher, UnknownKeyError } from './cipher.js';
export { openSeals, secretsMigrations } from './sealing-key.js';
export { Seals } from './seals.js';
export {
  canonicalName,
  isSecretReference,
  parseSecretReference,
  refersToSecrets,
  type SecretReference,
} from './secret-reference.js';
export { type SecretPolicy, type SecretUse } from './secret-policy.js';
export * from './secret-resolver.js';
export * from './secrets.config.js';
