import { jsonEquals } from '@gennaker/kernel';
import { immutable, invalidValue, required, unsupportedValue } from '../api/field-errors.js';
import type { CustomResourceDefinition } from '../api/resource-registry.js';
import type { StatusCause } from '../api/status-error.js';
import type { KubeObject } from '../model/objects.js';

export function validateCrd(object: KubeObject): StatusCause[] {
  const { spec, metadata } = object as CustomResourceDefinition;
  const causes: StatusCause[] = [];
  const wanted = `${spec.names?.plural}.${spec.group}`;
  if (!spec.group) causes.push(required('spec.group'));
  if (!spec.names?.plural) causes.push(required('spec.names.plural'));
  if (!spec.names?.kind) causes.push(required('spec.names.kind'));
  if (metadata.name !== wanted) {
    causes.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (!['Cluster', 'Namespaced'].includes(spec.scope)) {
    causes.push(unsupportedValue('spec.scope', spec.scope ?? '', ['Cluster', 'Namespaced']));
  }
  const versions = spec.versions ?? [];
  if (versions.filter((version) => version.storage).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    causes.push(
      invalidValue(
        'spec.versions',
        versions.map((v) => v.name),
        detail,
      ),
    );
  }
  versions.forEach((version, index) => {
    const schema = version.schema?.openAPIV3Schema;
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (!schema) causes.push(required(path, 'schemas are required'));
    else if (schema.type === undefined)
      causes.push(required(`${path}.type`, 'must not be empty at the root'));
    else if (schema.type !== 'object') {
      causes.push(invalidValue(`${path}.type`, schema.type, 'must be object at the root'));
    }
  });
  return causes;
}

export function validateCrdUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  const after = (object as CustomResourceDefinition).spec;
  const before = (old as CustomResourceDefinition).spec;
  return [
    ...(after.group === before.group ? [] : [immutable('spec.group', after.group)]),
    ...(after.scope === before.scope ? [] : [immutable('spec.scope', after.scope)]),
    ...(jsonEquals(after.names?.plural, before.names?.plural)
      ? []
      : [immutable('spec.names.plural', after.names?.plural)]),
    ...(jsonEquals(after.names?.kind, before.names?.kind)
      ? []
      : [immutable('spec.names.kind', after.names?.kind)]),
  ];
}
