import { invalidValue, required } from '../api/field-errors.js';
import type { StatusCause } from '../api/status-error.js';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
  "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_MESSAGE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
  "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
  "'[a-z]([-a-z0-9]*[a-z0-9])?')";
const VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_PART_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const LABEL_LIMIT = 63;
const SUBDOMAIN_LIMIT = 253;

/** Kinds whose name must be a DNS label rather than a subdomain, and those that take any path segment. */
const LABEL_NAMED = new Set(['/namespaces']);
const LABEL_1035_NAMED = new Set(['/services']);
const PATH_NAMED = new Set([
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
]);

export function validateName(storage: string, name: string, field = 'metadata.name'): StatusCause[] {
  if (PATH_NAMED.has(storage)) {
    return name === '.' || name === '..' || /[/%]/.test(name)
      ? [invalidValue(field, name, "may not be '.' or '..', nor contain '/' or '%'")]
      : [];
  }
  if (LABEL_1035_NAMED.has(storage)) return check(field, name, LABEL_1035, LABEL_LIMIT, LABEL_1035_MESSAGE);
  if (LABEL_NAMED.has(storage)) return check(field, name, LABEL, LABEL_LIMIT, LABEL_MESSAGE);
  return check(field, name, SUBDOMAIN, SUBDOMAIN_LIMIT, SUBDOMAIN_MESSAGE);
}

export function validateDnsLabel(field: string, name: string): StatusCause[] {
  return check(field, name, LABEL, LABEL_LIMIT, LABEL_MESSAGE);
}

function check(field: string, value: string, pattern: RegExp, limit: number, message: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (value.length > limit)
    causes.push(invalidValue(field, value, `must be no more than ${limit} characters`));
  // Bounded before the pattern is tried, so that a huge name costs nothing.
  if (value.length <= 2 * SUBDOMAIN_LIMIT && !pattern.test(value))
    causes.push(invalidValue(field, value, message));
  return causes;
}

export function validateLabels(labels: unknown, field: string): StatusCause[] {
  if (typeof labels !== 'object' || labels === null) return [];
  return Object.entries(labels as Record<string, string>).flatMap(([key, value]) => [
    ...validateQualifiedName(key, field),
    ...(value.length > LABEL_LIMIT
      ? [invalidValue(field, value, `must be no more than ${LABEL_LIMIT} characters`)]
      : value === '' || QUALIFIED_PART.test(value)
        ? []
        : [invalidValue(field, value, VALUE_MESSAGE)]),
  ]);
}

export function validateAnnotations(annotations: unknown, field: string): StatusCause[] {
  if (typeof annotations !== 'object' || annotations === null) return [];
  const entries = Object.entries(annotations as Record<string, string>);
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const causes = entries.flatMap(([key]) => validateQualifiedName(key.toLowerCase(), field));
  if (size > ANNOTATIONS_LIMIT) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: must have at most ${ANNOTATIONS_LIMIT} bytes`,
      field,
    });
  }
  return causes;
}

const ANNOTATIONS_LIMIT = 256 * 1024;

function validateQualifiedName(key: string, field: string): StatusCause[] {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && (prefix === '' || !SUBDOMAIN.test(prefix))) {
    return [
      invalidValue(field, key, `prefix part ${prefix === '' ? 'must be non-empty' : SUBDOMAIN_MESSAGE}`),
    ];
  }
  if (name === '') return [invalidValue(field, key, 'name part must be non-empty')];
  if (name.length > LABEL_LIMIT) {
    return [invalidValue(field, key, `name part must be no more than ${LABEL_LIMIT} characters`)];
  }
  return QUALIFIED_PART.test(name) ? [] : [invalidValue(field, key, NAME_PART_MESSAGE)];
}

export function requiredName(): StatusCause {
  return required('metadata.name', 'name or generateName is required');
}
