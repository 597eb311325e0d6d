import type { KubeObject } from '../model/objects.js';
import { applySchemaDefaults, pruneUnknown } from '../schema/custom-schema.js';
import { validateCustom } from '../schema/custom-validation.js';
import { requiredName, validateAnnotations, validateLabels, validateName } from '../validation/names.js';
import { validateObject } from '../validation/validation.js';
import type { ResourceInfo } from './resource-catalog.js';
import type { CustomResource } from './resource-registry.js';
import { invalid } from './status-error.js';

/** Defaults and prunes a custom resource by its CRD's schema. Works on the caller's own copy. */
export function finishCustom(custom: CustomResource | undefined, object: KubeObject): void {
  if (!custom?.jsonSchema) return;
  pruneUnknown(object, custom.jsonSchema);
  applySchemaDefaults(object, custom.jsonSchema);
}

/** Throws 422 with a cause per field when an object may not be stored as it is. */
export function checkObject(
  info: ResourceInfo,
  object: KubeObject,
  custom: CustomResource | undefined,
): void {
  const { name, labels, annotations } = object.metadata;
  const causes = [
    ...(name ? validateName(info.storage, name) : [requiredName()]),
    ...validateLabels(labels, 'metadata.labels'),
    ...validateAnnotations(annotations, 'metadata.annotations'),
    ...(custom?.jsonSchema ? validateCustom(object, custom.jsonSchema, '') : []),
    ...(custom ? [] : validateObject(info.storage, object)),
  ];
  if (causes.length > 0) throw invalid(info, name ?? '', causes);
}
