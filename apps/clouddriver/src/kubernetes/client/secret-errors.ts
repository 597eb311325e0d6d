import { isObject } from '@gennaker/kernel';
import { isKind, mapSecretValues, REDACTED } from '@gennaker/manifest';
import { KubernetesApiError } from './kubernetes-error.js';

/** Shorter values would shred the message, and tell little. */
const SHORTEST = 3;
/** Of a cluster's words; some repeat a whole object. */
const MOST_CHARACTERS = 10_000;
/** Where API servers quote the body of a request that they cannot read. */
const QUOTED_BODY = /,? error found in #\d[^]*$/;
/** Where they quote the whole object, which holds more than was sent. */
const QUOTED_OBJECT =
  /Invalid value: (?:"(?:[^"\\]|\\.)*(?:\{|map\[)(?:[^"\\]|\\.)*"|(?!")[^]*(?=: [^:]*$))/g;

/** Sends a write; when it is of a Secret, what the cluster says of it comes without what the Secret holds. */
export async function keepingSecrets<T>(kind: string, body: unknown, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof KubernetesApiError) || !isKind({ kind }, 'secret')) throw error;
    const values = valuesIn(body);
    const clean = (text: string): string =>
      values.reduce(
        (left, value) => left.replaceAll(value, REDACTED),
        text
          .slice(0, MOST_CHARACTERS)
          .replace(QUOTED_BODY, '')
          .replaceAll(QUOTED_OBJECT, `Invalid value: ${REDACTED}`),
      );
    const { status, reason, causes, retryAfterMs, details } = error;
    // The original error is left behind, and its words with it.
    throw new KubernetesApiError({
      status,
      reason,
      message: clean(error.message),
      causes: causes.map((cause) => ({ ...cause, message: clean(cause.message) })),
      retryAfterMs,
      details,
    });
  }
}

/** What the body of a write says that the Secret is to hold, also as the cluster decodes it; the longest first. */
function valuesIn(body: unknown): string[] {
  const values = new Set<string>();
  const secret = isObject(body) && isKind(body, 'secret') ? body : { kind: 'Secret', patchBody: body };
  mapSecretValues(secret, (value, encoded) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    values.add(text);
    if (encoded) values.add(Buffer.from(text, 'base64').toString('utf8'));
    else values.add(Buffer.from(text, 'utf8').toString('base64'));
    return value;
  });
  return [...values].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
}
