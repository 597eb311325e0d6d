import { InvalidInputError, isObject } from '@gennaker/kernel';

/** A pointer to a secret. It is safe to keep and to show; what it points to is not. */
export type SecretReference =
  | { engine: 'env'; name: string }
  | { engine: 'file'; path: string; key?: string }
  | { engine: 'k8s'; namespace?: string; name: string; key: string };

const START = /^(?:encrypted(?:File)?:|secret:\/\/)/;
/** A reference in the middle of a text, such as `Bearer secret://env/TOKEN`. */
const INSIDE = /\bsecret:\/\/[\w.~/?=&%:@+-]+/g;

const FORMS =
  'secret://env/NAME, secret://file/PATH or secret://k8s/NAMESPACE/NAME/KEY, or Spinnaker’s encrypted:k8s!n:NAME!k:KEY';

/** True for a text that as a whole points to a secret. */
export function isSecretReference(value: unknown): boolean {
  return typeof value === 'string' && START.test(value);
}

/** The references that a text holds: itself, or those in its middle. */
export function referencesIn(text: string): string[] {
  return START.test(text) ? [text] : (text.match(INSIDE) ?? []);
}

/** True for a value with a reference to a secret anywhere in it. */
export function refersToSecrets(value: unknown): boolean {
  let found = false;
  mapTexts(value, (text) => {
    found ||= referencesIn(text).length > 0;
    return text;
  });
  return found;
}

/**
 * Reads a reference. Spinnaker's forms are `encrypted:ENGINE!param:value!…` (with `n`, `k`, `ns` for Kubernetes) and
 * `secret://ENGINE?param=value&…`; the same may be said as a path, `secret://ENGINE/…`.
 *
 * @throws InvalidInputError that names the reference and the forms
 */
export function parseSecretReference(text: string): SecretReference {
  const { engine, parameters, path } = text.startsWith('secret://') ? uriParts(text) : encryptedParts(text);
  switch (engine) {
    case 'env':
      return { engine, name: required(text, parameters.n ?? parameters.name ?? path) };
    case 'file': {
      const { k: key } = parameters;
      const file = required(
        text,
        parameters.p ?? parameters.path ?? (path === undefined ? undefined : `/${path}`),
      );
      return { engine, path: absolute(text, file), ...(key === undefined ? {} : { key }) };
    }
    case 'k8s':
    case 'kubernetes':
      return kubernetesReference(text, parameters, path);
    default:
      throw refuse(text, `there is no secret engine "${engine}" here: use ${FORMS}`);
  }
}

/** `env/NAME`, `file/PATH` or `k8s/NAMESPACE/NAME/KEY`: what rules for references are about. */
export function canonicalName(reference: SecretReference): string {
  switch (reference.engine) {
    case 'env':
      return `env/${reference.name}`;
    case 'file':
      return `file${reference.path}`;
    case 'k8s':
      return `k8s/${reference.namespace ?? ''}/${reference.name}/${reference.key}`;
  }
}

interface Parts {
  engine: string;
  parameters: Record<string, string | undefined>;
  path?: string;
}

function uriParts(text: string): Parts {
  const [, engine = '', path, query] = /^secret:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text) ?? [];
  const parameters = Object.fromEntries(new URLSearchParams(query ?? ''));
  try {
    return { engine, parameters, ...(path ? { path: decodeURIComponent(path) } : {}) };
  } catch {
    throw refuse(text, `is not encoded as an address is: use ${FORMS}`);
  }
}

function encryptedParts(text: string): Parts {
  const [engine = '', ...rest] = text.replace(START, '').split('!');
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const colon = part.indexOf(':');
    if (colon < 1) throw refuse(text, `"${part}" is no parameter: use ${FORMS}`);
    parameters[part.slice(0, colon)] = part.slice(colon + 1);
  }
  return { engine, parameters };
}

function kubernetesReference(
  text: string,
  parameters: Parts['parameters'],
  path: string | undefined,
): SecretReference {
  const [inPath, name, key] = path?.split('/') ?? [];
  const namespace = parameters.ns ?? parameters.namespace ?? inPath;
  return {
    engine: 'k8s',
    ...(namespace === undefined ? {} : { namespace: label(text, namespace) }),
    name: label(text, required(text, parameters.n ?? name)),
    key: required(text, parameters.k ?? key),
  };
}

function required(text: string, value: string | undefined): string {
  if (value === undefined || value === '') throw refuse(text, `is not complete: use ${FORMS}`);
  return value;
}

/** Names of Kubernetes become part of an address. */
function label(text: string, value: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(value)) return value;
  throw refuse(text, `"${value.slice(0, 60)}" is no name of Kubernetes`);
}

function absolute(text: string, path: string): string {
  if (!path.startsWith('/') || path.split('/').includes('..') || path.includes('\u0000'))
    throw refuse(text, 'must give the whole path of the file, without ".."');
  return path.replaceAll(/\/+/g, '/');
}

function refuse(text: string, message: string): InvalidInputError {
  return new InvalidInputError('secrets.bad_reference', [{ path: text.slice(0, 200), message }]);
}

/** The value with every text in it replaced that `change` has something for. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)]));
}
