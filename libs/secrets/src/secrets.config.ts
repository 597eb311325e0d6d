import { checkSettings, type Environment, InvalidInputError } from '@gennaker/kernel';
import { z } from 'zod';
import { isEncryptionKey } from './cipher.js';
import { type SecretPolicy, secretPolicySchema } from './secret-policy.js';

export interface SecretsConfig {
  policy: SecretPolicy;
  /** Variables that `env` references read. */
  environment: Environment;
  /** Kubeconfig for `k8s` references; absent: the service account of the pod that we run in. */
  kubeconfigFile?: string;
  /** Keys that seal what Secrets hold in events, the first one new; none: one is made and kept in the database. */
  encryptionKeys?: string[];
}

const keysSchema = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((key) => key.trim() !== ''))
  .refine(
    (keys) => keys.every(isEncryptionKey),
    'must be keys of 32 bytes in base64 or hex, separated by commas (openssl rand -base64 32)',
  );

/**
 * Reads SECRETS_POLICY (a JSON list of rules), SECRETS_KUBECONFIG and SECRETS_ENCRYPTION_KEYS.
 *
 * @throws InvalidInputError naming the variable and the fix
 */
export function secretsConfigFrom(environment: Environment): SecretsConfig {
  const {
    SECRETS_POLICY: text,
    SECRETS_KUBECONFIG: kubeconfigFile,
    SECRETS_ENCRYPTION_KEYS: keys,
  } = environment;
  let given: unknown;
  try {
    given = text === undefined || text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new InvalidInputError('settings.invalid', [
      {
        path: 'SECRETS_POLICY',
        message: 'must be a JSON list of rules, such as [{"reference":"env/TOKEN"}]',
      },
    ]);
  }
  const { policy, encryptionKeys } = checkSettings(
    z.object({ policy: secretPolicySchema, encryptionKeys: keysSchema }),
    { policy: given, encryptionKeys: keys || undefined },
    { policy: 'SECRETS_POLICY', encryptionKeys: 'SECRETS_ENCRYPTION_KEYS' },
  );
  return { policy, environment, encryptionKeys, ...(kubeconfigFile ? { kubeconfigFile } : {}) };
}
