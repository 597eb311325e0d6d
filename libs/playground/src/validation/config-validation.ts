import { duplicateValue, immutable, invalidValue, required, unsupportedValue } from '../api/field-errors.js';
import type { StatusCause } from '../api/status-error.js';
import type { KubeObject } from '../model/objects.js';
import { validatePort } from './pod-validation.js';

const DATA_LIMIT = 1024 * 1024;

/** ConfigMaps and Secrets: valid keys, and no more than a megabyte. */
export function validateConfigData(object: KubeObject): StatusCause[] {
  const causes: StatusCause[] = [];
  let size = 0;
  for (const field of ['data', 'binaryData']) {
    for (const [key, value] of Object.entries((object[field] as Record<string, string> | undefined) ?? {})) {
      size += key.length + Buffer.byteLength(value);
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key === '..') {
        const detail =
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or " +
          "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        causes.push(invalidValue(`${field}[${key}]`, key, detail));
      }
    }
  }
  if (size > DATA_LIMIT) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${DATA_LIMIT} bytes`,
      field: object.kind === 'Secret' ? 'data' : '',
    });
  }
  return causes;
}

interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  externalName?: string;
  ports?: { name?: string; port?: number; protocol?: string; nodePort?: number }[];
}

const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function validateService(object: KubeObject): StatusCause[] {
  const spec = object['spec'] as ServiceSpec;
  const ports = spec.ports ?? [];
  const causes: StatusCause[] = [];
  if (!SERVICE_TYPES.includes(spec.type ?? '')) {
    causes.push(unsupportedValue('spec.type', spec.type, SERVICE_TYPES));
  }
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) causes.push(required('spec.externalName'));
  } else if (ports.length === 0 && spec.clusterIP !== 'None') {
    causes.push(required('spec.ports'));
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((port, index) => {
    const field = `spec.ports[${index}]`;
    if (ports.length > 1 && !port.name) causes.push(required(`${field}.name`));
    else if (port.name && names.has(port.name)) causes.push(duplicateValue(`${field}.name`, port.name));
    names.add(port.name ?? '');
    causes.push(...validatePort(port.port ?? 0, `${field}.port`));
    const id = `${port.protocol ?? 'TCP'}:${port.port}`;
    if (numbers.has(id)) causes.push(duplicateValue(field, { protocol: port.protocol, port: port.port }));
    numbers.add(id);
  });
  return causes;
}

export function validateServiceUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  const before = old['spec'] as ServiceSpec;
  const after = object['spec'] as ServiceSpec;
  const keepsAddress = before.type !== 'ExternalName' && after.type !== 'ExternalName';
  if (keepsAddress && before.clusterIP && after.clusterIP !== before.clusterIP) {
    return [
      {
        ...immutable('spec.clusterIP', after.clusterIP ?? ''),
        message: `Invalid value: ${JSON.stringify(after.clusterIP ?? '')}: field is immutable`,
      },
    ];
  }
  return [];
}

interface IngressSpec {
  defaultBackend?: unknown;
  rules?: { host?: string; http?: { paths?: { path?: string; pathType?: string; backend?: unknown }[] } }[];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

export function validateIngress(object: KubeObject): StatusCause[] {
  const spec = object['spec'] as IngressSpec;
  if (!spec.defaultBackend && (spec.rules ?? []).length === 0) {
    return [invalidValue('spec', [], 'either `defaultBackend` or `rules` must be specified')];
  }
  return (spec.rules ?? []).flatMap((rule, ruleIndex) =>
    (rule.http?.paths ?? []).flatMap((path, index) => {
      const field = `spec.rules[${ruleIndex}].http.paths[${index}]`;
      const causes: StatusCause[] = [];
      if (!path.pathType) causes.push(required(`${field}.pathType`, 'pathType must be specified'));
      else if (!PATH_TYPES.includes(path.pathType)) {
        causes.push(unsupportedValue(`${field}.pathType`, path.pathType, PATH_TYPES));
      }
      if (!path.backend) causes.push(required(`${field}.backend`));
      if (path.path && !path.path.startsWith('/') && path.pathType !== 'ImplementationSpecific') {
        causes.push(invalidValue(`${field}.path`, path.path, 'must be an absolute path'));
      }
      return causes;
    }),
  );
}

export function validateRoleBinding(object: KubeObject): StatusCause[] {
  const roleRef = object['roleRef'] as { kind?: string; name?: string } | undefined;
  const causes: StatusCause[] = [];
  if (!roleRef?.name) causes.push(required('roleRef.name'));
  if (!['Role', 'ClusterRole'].includes(roleRef?.kind ?? '')) {
    causes.push(unsupportedValue('roleRef.kind', roleRef?.kind ?? '', ['Role', 'ClusterRole']));
  }
  return causes;
}
