import type { JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import { age } from './age.js';
import { readJsonPath } from './json-path.js';
import type { PrinterColumn } from './resource-registry.js';
import { COLUMNS, type Column } from './table-columns.js';

/** A table as `kubectl get` asks for it (`as=Table;v=v1;g=meta.k8s.io`). */
export function tableOf(
  storage: string,
  objects: readonly KubeObject[],
  options: {
    metadata: JsonObject;
    columns: readonly PrinterColumn[] | undefined;
    now: number;
    includeObject: string;
    withHeader: boolean;
  },
): JsonObject {
  const columns = options.columns?.length
    ? customColumns(options.columns)
    : (COLUMNS[storage] ?? defaultColumns);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.withHeader
      ? columns.map(({ name, type, format = '', priority = 0 }) => ({
          name,
          type: type ?? 'string',
          format,
          description: name,
          priority,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.now)),
      ...(options.includeObject === 'None' ? {} : { object: rowObject(object, options.includeObject) }),
    })),
  };
}

function rowObject(object: KubeObject, includeObject: string): JsonObject {
  if (includeObject === 'Object') return object;
  return partialMetadata(object);
}

export function partialMetadata(object: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

const nameColumn: Column = { name: 'Name', format: 'name', cell: (object) => object.metadata.name };
const ageColumn: Column = {
  name: 'Age',
  cell: (object, now) => age(object.metadata.creationTimestamp, now),
};
const defaultColumns: readonly Column[] = [nameColumn, ageColumn];

function customColumns(columns: readonly PrinterColumn[]): Column[] {
  return [
    nameColumn,
    ...columns.map((column): Column => ({
      name: column.name,
      type: column.type,
      priority: column.priority ?? 0,
      cell(object, now) {
        const value = readJsonPath(object, column.jsonPath);
        if (column.type === 'date') return age(typeof value === 'string' ? value : undefined, now);
        return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? null);
      },
    })),
  ];
}
