import type { JsonObject } from '@gennaker/kernel';
import type { FieldChange } from './diff.js';

/** What the catalogue keeps. Each kind has its own service; what they share is how versions are kept. */
export const CATALOG_KINDS = [
  'application',
  'canaryConfig',
  'notification',
  'pipeline',
  'project',
  'strategy',
  'template',
] as const;
export type CatalogKind = (typeof CATALOG_KINDS)[number];

/** One document as it is now. Times are milliseconds since the Unix epoch. */
export interface CatalogItem {
  kind: CatalogKind;
  id: string;
  /** 1 for the first. Every change, deletion included, adds one. */
  version: number;
  /** The application it belongs to; empty for kinds that belong to none. */
  application: string;
  name: string;
  /** Where it stands among its siblings; absent when nobody has said. */
  position?: number;
  body: JsonObject;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

/** Which document there is, without what it says. */
export type CatalogHead = Pick<CatalogItem, 'id' | 'version' | 'application' | 'name' | 'position'>;

/** Who changes something, from where, and why. */
export interface Change {
  author: string;
  reason?: string;
  /** The request or work item that led to it. */
  cause?: string;
  correlationId?: string;
  /** Address that the request came from. */
  from?: string;
  /** `deck`, `api`, `import`, … */
  origin?: string;
}

/** One version in the history of a document. */
export interface CatalogVersion {
  version: number;
  at: number;
  author: string;
  reason?: string;
  from?: string;
  action: 'created' | 'changed' | 'deleted';
  changes: FieldChange[];
  /** Absent for a deletion. */
  body?: JsonObject;
}

export type CatalogEvent =
  | { type: 'CatalogItemSaved'; data: SavedData }
  | { type: 'CatalogItemDeleted'; data: { kind: CatalogKind; id: string; at: number; origin?: string } };

export interface SavedData {
  kind: CatalogKind;
  id: string;
  at: number;
  origin?: string;
  created: boolean;
  application: string;
  name: string;
  position?: number;
  body: JsonObject;
  changes: FieldChange[];
}

export function catalogStream(kind: CatalogKind, id: string): string {
  return `catalog-${kind}-${id}`;
}
