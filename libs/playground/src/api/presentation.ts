import type { Clock, JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import { convertTo } from './conversion.js';
import type { ResourceInfo } from './resource-catalog.js';
import type { ResourceRegistry } from './resource-registry.js';
import { partialMetadata, tableOf } from './table.js';

export type Form = 'object' | 'table' | 'metadata';

/** In which form a client wants objects: the first alternative of its Accept header that is known. */
function formOf(accept: string): Form {
  for (const alternative of accept.split(',')) {
    if (!alternative.includes('application/json')) continue;
    const as = /;\s*as=([A-Za-z]+)/.exec(alternative)?.[1];
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
    return 'object';
  }
  return 'object';
}

/** Shows objects in the form that a client asked for. */
export class Presenter {
  private headerSent = false;

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly clock: Clock,
    private readonly info: ResourceInfo,
    private readonly request: { accept: string; includeObject: string | null },
  ) {}

  get form(): Form {
    return formOf(this.request.accept);
  }

  one(object: KubeObject): JsonObject {
    const converted = convertTo(this.info, object);
    if (this.form === 'table') {
      // In a watch only the first table carries the column definitions.
      const withHeader = !this.headerSent;
      this.headerSent = true;
      return this.table([converted], { resourceVersion: object.metadata.resourceVersion }, withHeader);
    }
    return this.form === 'metadata' ? partialMetadata(converted) : converted;
  }

  table(objects: readonly KubeObject[], metadata: JsonObject, withHeader = true): JsonObject {
    return tableOf(this.info.storage, objects, {
      metadata,
      columns: this.registry.customOf(this.info)?.columns,
      now: this.clock.now(),
      includeObject: this.request.includeObject ?? 'Metadata',
      withHeader,
    });
  }
}
