import { checkSettings, type Environment, InvalidInputError } from '@gennaker/kernel';
import { z } from 'zod';
import { type SecretPolicy, secretPolicySchema } from './secret-policy.js';

export interface SecretsConfig {
  policy: SecretPolicy;
  /** Variables that `env` references read. */
  environment: Environment;
  /** Kubeconfig for `k8s` references; absent: the service account of the pod that we run in. */
  kubeconfigFile?: string;
}

/**
 * Reads SECRETS_POLICY (a JSON list of rules) and SECRETS_KUBECONFIG.
 *
 * @throws InvalidInputError naming the variable and the fix
 */
export function secretsConfigFrom(environment: Environment): SecretsConfig {
  const { SECRETS_POLICY: text, SECRETS_KUBECONFIG: kubeconfigFile } = environment;
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
  const { policy } = checkSettings(
    z.object({ policy: secretPolicySchema }),
    { policy: given },
    { policy: 'SECRETS_POLICY' },
  );
  return { policy, environment, ...(kubeconfigFile ? { kubeconfigFile } : {}) };
}
