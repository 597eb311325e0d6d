import { isObject, type JsonObject } from '@gennaker/kernel';

/** What stands in place of a value that is not shown. */
const HIDDEN = '****';
/** Headers whose values tell nothing that must be kept. All others of a webhook may be a key, whatever they are called. */
const HARMLESS =
  /^(accept|accept-\w+|content-type|content-encoding|user-agent|x-request-id|x-correlation-id)$/i;

/** A stage's context with the values of its own request headers hidden. */
export function withoutSecrets(context: JsonObject): JsonObject {
  const { customHeaders } = context;
  return isObject(customHeaders) ? { ...context, customHeaders: hidden(customHeaders) } : context;
}

/** The same at any depth: for events, and for documents that hold stages. */
export function withoutSecretsIn<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutSecretsIn(item)) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'customHeaders' && isObject(item) ? hidden(item) : withoutSecretsIn(item),
  ]);
  return Object.fromEntries(entries) as T;
}

function hidden(headers: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, HARMLESS.test(name) ? value : HIDDEN]),
  );
}
