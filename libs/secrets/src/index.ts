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
