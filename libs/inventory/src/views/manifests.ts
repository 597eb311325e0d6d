import type { JsonObject } from '@gennaker/kernel';
import type { Queryable } from './view-row.js';
import { findRow, type ResourceId } from './server-groups.js';
import type { ManifestStatus } from '@gennaker/manifest';

/** The manifest as the inventory last saw it: without managed fields, and a Secret without its data. */
export async function storedManifest(
  db: Queryable,
  id: ResourceId,
): Promise<{ manifest: JsonObject; status: ManifestStatus; observedAt: number } | undefined> {
  const row = await findRow(db, id);
  if (row === undefined) return undefined;
  const { rows } = await db.query<{ manifest: JsonObject; status: ManifestStatus; observed_at: string }>(
    'select manifest, status, observed_at from clouddriver.resource where account = $1 and uid = $2',
    [row.account, row.uid],
  );
  const found = rows[0];
  return found && { manifest: found.manifest, status: found.status, observedAt: Number(found.observed_at) };
}
