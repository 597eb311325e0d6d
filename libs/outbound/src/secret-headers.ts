import { isSecretReference, type SecretUse } from '@gennaker/secrets';

/** Looks up what a header refers to. */
export interface SecretSource {
  resolveAll<T>(value: T, use: SecretUse, signal: AbortSignal): Promise<T>;
}

const REDACTED = '[redacted]';
/** Shorter ones would shred ordinary text. */
const SHORTEST = 4;

/** True for a header's value that is a reference to a secret, or holds one. */
export function refersToSecret(value: string): boolean {
  return isSecretReference(value) || value.includes('secret://');
}

/**
 * The headers with their secrets filled in.
 *
 * @throws what the source throws for a secret that cannot be had, or not be sent there
 */
export async function headersWithSecrets(
  headers: Record<string, string>,
  source: SecretSource | undefined,
  sending: { use: SecretUse; signal: AbortSignal; used: Set<string> },
): Promise<Record<string, string>> {
  const referring = Object.entries(headers).filter(([, value]) => refersToSecret(value));
  if (source === undefined || referring.length === 0) return headers;
  const filled = await source.resolveAll(Object.fromEntries(referring), sending.use, sending.signal);
  for (const [name, value] of Object.entries(filled)) {
    sending.used.add(value);
    for (const secret of partsOf(headers[name] ?? '', value)) sending.used.add(secret);
  }
  return { ...headers, ...filled };
}

/** An answer may say back what was sent; it becomes part of an execution's events. */
export function withoutSecrets(text: string, secrets: ReadonlySet<string>): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    const asJson = JSON.stringify(secret).slice(1, -1);
    for (const form of new Set([secret, asJson, Buffer.from(secret).toString('base64')]))
      safe = safe.replaceAll(form, REDACTED);
  }
  return safe;
}

/** Of `Bearer secret://…` filled in, the secret alone. */
function partsOf(pattern: string, filled: string): string[] {
  const [before = '', after = ''] = pattern.split(/secret:\/\/[\w.~/?=&%:@+-]+/);
  return filled.startsWith(before) && filled.endsWith(after)
    ? [filled.slice(before.length, filled.length - after.length)]
    : [];
}
