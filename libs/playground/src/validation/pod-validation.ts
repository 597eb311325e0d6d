import {
  duplicateValue,
  invalidValue,
  notFoundValue,
  required,
  unsupportedValue,
} from '../api/field-errors.js';
import type { StatusCause } from '../api/status-error.js';
import { parseQuantity } from '../model/quantity.js';
import type { Container, PodSpec, PodTemplate } from '../model/workloads.js';
import { validateDnsLabel, validateLabels } from './names.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export function validatePodSpec(spec: PodSpec | undefined, path: string): StatusCause[] {
  if (!spec) return [required(`${path}.containers`)];
  const causes: StatusCause[] = [];
  if ((spec.containers ?? []).length === 0) causes.push(required(`${path}.containers`));
  const volumes = new Set<string>();
  (spec.volumes ?? []).forEach((volume, index) => {
    const field = `${path}.volumes[${index}].name`;
    if (!volume.name) causes.push(required(field));
    else if (volumes.has(volume.name)) causes.push(duplicateValue(field, volume.name));
    else causes.push(...validateDnsLabel(field, volume.name));
    volumes.add(volume.name);
  });
  const names = new Set<string>();
  for (const list of ['initContainers', 'containers'] as const) {
    (spec[list] ?? []).forEach((container, index) => {
      causes.push(...validateContainer(container, `${path}.${list}[${index}]`, { names, volumes }));
    });
  }
  if (spec.restartPolicy && !['Always', 'OnFailure', 'Never'].includes(spec.restartPolicy)) {
    causes.push(
      unsupportedValue(`${path}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    );
  }
  return causes;
}

function validateContainer(
  container: Container,
  path: string,
  known: { names: Set<string>; volumes: Set<string> },
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!container.name) causes.push(required(`${path}.name`));
  else if (known.names.has(container.name)) causes.push(duplicateValue(`${path}.name`, container.name));
  else causes.push(...validateDnsLabel(`${path}.name`, container.name));
  known.names.add(container.name);
  if (!container.image) causes.push(required(`${path}.image`));
  else if (container.image !== container.image.trim()) {
    causes.push(
      invalidValue(`${path}.image`, container.image, 'must not have leading or trailing whitespace'),
    );
  }
  if (container.imagePullPolicy && !PULL_POLICIES.includes(container.imagePullPolicy)) {
    causes.push(unsupportedValue(`${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES));
  }
  causes.push(...validatePorts(container, path), ...validateResources(container, path));
  const mounts = (container['volumeMounts'] as { name?: string; mountPath?: string }[] | undefined) ?? [];
  mounts.forEach((mount, index) => {
    const field = `${path}.volumeMounts[${index}]`;
    if (!mount.name) causes.push(required(`${field}.name`));
    else if (!known.volumes.has(mount.name)) causes.push(notFoundValue(`${field}.name`, mount.name));
    if (!mount.mountPath) causes.push(required(`${field}.mountPath`));
  });
  (container.env ?? []).forEach((variable, index) => {
    if (!variable.name) causes.push(required(`${path}.env[${index}].name`));
  });
  return causes;
}

function validatePorts(container: Container, path: string): StatusCause[] {
  return (container.ports ?? []).flatMap((port, index) => {
    const field = `${path}.ports[${index}]`;
    if (!port.containerPort) return [required(`${field}.containerPort`)];
    const causes = validatePort(port.containerPort, `${field}.containerPort`);
    if (port.protocol && !PROTOCOLS.includes(port.protocol)) {
      causes.push(unsupportedValue(`${field}.protocol`, port.protocol, PROTOCOLS));
    }
    return causes;
  });
}

export function validatePort(port: number, field: string): StatusCause[] {
  return port >= 1 && port <= 65_535
    ? []
    : [invalidValue(field, port, 'must be between 1 and 65535, inclusive')];
}

const QUANTITY_MESSAGE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function validateResources(container: Container, path: string): StatusCause[] {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const causes: StatusCause[] = [];
  for (const [list, values] of [
    ['requests', requests],
    ['limits', limits],
  ] as const) {
    for (const [name, value] of Object.entries(values)) {
      const field = `${path}.resources.${list}[${name}]`;
      const amount = parseQuantity(value);
      if (amount === undefined) causes.push(invalidValue(field, value, QUANTITY_MESSAGE));
      else if (amount < 0) causes.push(invalidValue(field, value, 'must be greater than or equal to 0'));
    }
  }
  for (const [name, value] of Object.entries(requests)) {
    const limit = parseQuantity(limits[name]);
    const request = parseQuantity(value);
    if (limit !== undefined && request !== undefined && request > limit) {
      const detail = `must be less than or equal to ${name} limit of ${String(limits[name])}`;
      causes.push(invalidValue(`${path}.resources.requests`, value, detail));
    }
  }
  return causes;
}

/** A pod template of a workload, whose restart policy is limited to what the workload can do. */
export function validateTemplate(
  template: PodTemplate | undefined,
  path: string,
  restartPolicies: readonly string[],
): StatusCause[] {
  if (!template) return [required(path)];
  const causes = [
    ...validateLabels(template.metadata?.labels, `${path}.labels`),
    ...validatePodSpec(template.spec, `${path}.spec`),
  ];
  const policy = template.spec?.restartPolicy;
  if (policy !== undefined && !restartPolicies.includes(policy)) {
    causes.push(unsupportedValue(`${path}.spec.restartPolicy`, policy, restartPolicies));
  }
  return causes;
}
