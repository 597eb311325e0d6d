import type { SqlStatement } from '@gennaker/event-store';
import type { JsonObject } from '@gennaker/kernel';
import type { CatalogItem, CatalogKind } from './catalog-item.js';

export interface ItemRow {
  kind: CatalogKind;
  id: string;
  version: number;
  application: string;
  name: string;
  position: number | null;
  body: JsonObject;
  created_at: string;
  created_by: string;
  updated_at: string;
  updated_by: string;
}

export const ITEM_COLUMNS =
  'kind, id, version, application, name, position, body, created_at, created_by, updated_at, updated_by';

export function toItem(row: ItemRow): CatalogItem {
  return {
    kind: row.kind,
    id: row.id,
    version: row.version,
    application: row.application,
    name: row.name,
    ...(row.position === null ? {} : { position: row.position }),
    body: row.body,
    createdAt: Number(row.created_at),
    createdBy: row.created_by,
    updatedAt: Number(row.updated_at),
    updatedBy: row.updated_by,
  };
}

export function upsertStatement(item: CatalogItem): SqlStatement {
  return {
    text: `insert into catalog.item (${ITEM_COLUMNS})
           values ($1::text, $2::text, $3::int, $4::text, $5::text, $6::int, $7::jsonb, $8::bigint, $9::text,
                   $10::bigint, $11::text)
           on conflict (kind, id) do update set version = excluded.version, application = excluded.application,
             name = excluded.name, position = excluded.position, body = excluded.body,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    values: [
      item.kind,
      item.id,
      item.version,
      item.application,
      item.name,
      item.position ?? null,
      JSON.stringify(item.body),
      item.createdAt,
      item.createdBy,
      item.updatedAt,
      item.updatedBy,
    ],
  };
}

export function deleteStatement(kind: CatalogKind, id: string): SqlStatement {
  return { text: 'delete from catalog.item where kind = $1::text and id = $2::text', values: [kind, id] };
}
