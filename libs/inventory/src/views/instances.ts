import { instanceOf, type Instance } from './server-group.js';
import { byUid } from './relations.js';
import type { Queryable } from './view-row.js';

/** One pod by its uid, or undefined. */
export async function instance(
  db: Queryable,
  id: { account: string; region: string; uid: string },
): Promise<Instance | undefined> {
  const row = (await byUid(db, [id.uid])).get(id.uid);
  if (row === undefined || row.spinnaker_kind !== 'instances') return undefined;
  return row.account === id.account && row.namespace === id.region ? instanceOf(row) : undefined;
}
