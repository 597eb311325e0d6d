import type { JsonObject } from '@gennaker/kernel';
import { attributesOf } from './applications.js';
import type { CatalogItem, CatalogKind } from './catalog-item.js';
import { toConfig } from './pipelines.js';
import { toProject } from './projects.js';
import { toTemplate } from './templates.js';

/** The kinds that {@link CatalogImporter} takes, in the order in which one may need the others. */
export const IMPORTED_KINDS = [
  'application',
  'template',
  'pipeline',
  'strategy',
  'notification',
  'project',
] as const satisfies CatalogKind[];
export type ImportedKind = (typeof IMPORTED_KINDS)[number];

/** A document as Spinnaker lists its kind, with who changed it last and when. */
export function entryOf(item: CatalogItem): JsonObject {
  switch (item.kind) {
    case 'application':
      return attributesOf(item);
    case 'pipeline':
    case 'strategy':
      return toConfig(item);
    case 'template':
      return toTemplate(item);
    case 'project':
      return toProject(item);
    case 'notification':
    case 'canaryConfig':
      return { ...item.body, updateTs: String(item.updatedAt), lastModifiedBy: item.updatedBy };
  }
}
