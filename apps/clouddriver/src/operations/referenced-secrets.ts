import type { JsonObject } from '@gennaker/kernel';
import { mapSecretValues } from '@gennaker/manifest';
import { isSecretReference, type SecretResolver } from '@gennaker/secrets';

/** Whose pipeline asks, and the account that the secret goes to: the operators' rules are about both. */
export interface SecretTarget {
  application: string;
  account: string;
}

/**
 * A copy of a description in which the values of Secrets that are references to secrets are looked up: as they are in
 * `stringData`, in base64 in `data`. Not for events, logs or answers.
 *
 * @throws what `SecretResolver.resolve` throws
 */
export async function withReferencedSecrets(
  description: JsonObject,
  { application, account }: SecretTarget,
  secrets: Pick<SecretResolver, 'resolve'>,
  signal: AbortSignal,
): Promise<JsonObject> {
  const found = new Map<string, string>();
  mapSecretValues(description, (value) => {
    if (typeof value === 'string' && isReference(value)) found.set(value, '');
    return value;
  });
  for (const reference of found.keys()) {
    found.set(reference, await secrets.resolve(reference, { application, host: account }, signal));
  }
  if (found.size === 0) return description;
  return mapSecretValues(description, (value, encoded) => {
    const text = typeof value === 'string' ? found.get(value) : undefined;
    if (text === undefined) return value;
    return encoded ? inBase64(text) : text;
  });
}

/**
 * The same for a look at what would be, which has no right to the secrets: a reference stands for itself, as a cluster
 * takes it.
 */
export function withStandIns(description: JsonObject): JsonObject {
  return mapSecretValues(description, (value, encoded) =>
    encoded && typeof value === 'string' && isReference(value) ? inBase64(value) : value,
  );
}

function inBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** A seal has been opened by now; one that has not been is no reference. */
function isReference(value: string): boolean {
  return isSecretReference(value) && !value.startsWith('encrypted:sealed!');
}
