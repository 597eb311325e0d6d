/** What stands in place of a secret in logs, events and answers. */
export const REDACTED = '[redacted]';

const SECRET_KEY =
  /^(?:.*[-_.])?(?:pass(?:word|wd|phrase)?|secret|client[-_]?secret|token|api[-_]?key|access[-_]?key|private[-_]?key|authorization|cookie|set-cookie|credentials?|bearer)$|(?:password|passwd|secretkey|accesstoken|refreshtoken|idtoken|apitoken|apikey|clientsecret|privatekey|secretaccesskey)$/i;

/** A value that is only a pointer to a secret; it is safe to keep, and is what is kept in place of the secret. */
const SECRET_REFERENCE = /^(?:encrypted(?:File)?:|secret:\/\/)/;

const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/** Secrets that this process has resolved, so that they can be taken out of any text that leaves it. */
const known = new Set<string>();
const MAX_KNOWN = 10_000;

/** True for a field name that by convention holds a secret (`password`, `apiKey`, `Authorization`, …). */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/**
 * Remembers a resolved secret, so that `redactText` removes it from everything logged from now on. Values shorter than
 * four characters are left out: removing them would shred ordinary text.
 */
export function rememberSecret(value: string): void {
  if (value.length < 4) return;
  if (known.size >= MAX_KNOWN) {
    const oldest = known.values().next();
    if (!oldest.done) known.delete(oldest.value);
  }
  known.add(value);
}

/** The text without any secret this process has resolved, and without credentials inside URLs. */
export function redactText(text: string): string {
  let safe = text;
  for (const secret of known) if (safe.includes(secret)) safe = safe.replaceAll(secret, REDACTED);
  return safe.includes('://') ? safe.replace(/(:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${REDACTED}@`) : safe;
}

/** A copy of a value that is safe to log: secrets by field name and by value are replaced, depth and size are bounded. */
export function redact(value: unknown): unknown {
  return redactAt(value, 0);
}

function redactAt(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[list]' : '[object]';
  if (Array.isArray(value)) return redactList(value, depth);

  const safe: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value).slice(0, MAX_ITEMS)) {
    safe[key] = isSecretKey(key) && hidesValue(inner) ? REDACTED : redactAt(inner, depth + 1);
  }
  return safe;
}

function redactList(list: unknown[], depth: number): unknown[] {
  const safe = list.slice(0, MAX_ITEMS).map((item) => redactAt(item, depth + 1));
  if (list.length > MAX_ITEMS) safe.push(`… ${list.length - MAX_ITEMS} more`);
  return safe;
}

function hidesValue(value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false;
  return !(typeof value === 'string' && SECRET_REFERENCE.test(value));
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {
    type: error.name,
    message: redactText(error.message),
    stack: error.stack === undefined ? undefined : redactText(error.stack),
  };
  const { code } = error as { code?: unknown };
  if (code !== undefined) safe.code = code;
  if (error.cause !== undefined && depth < MAX_DEPTH) safe.cause = redactAt(error.cause, depth + 1);
  return safe;
}
