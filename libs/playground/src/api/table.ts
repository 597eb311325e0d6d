import type { JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
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

/** How long ago, as kubectl prints it: `45s`, `3m20s`, `5h`, `2d3h`. */
export function age(time: string | undefined, now: number): string {
  if (time === undefined) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 ? withRest(days, 'd', hours % 24, 'h') : `${days}d`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}
