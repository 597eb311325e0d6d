import { instanceOf, type Instance } from './server-group.js';
import { byUid } from './relations.js';
import { findRow } from './server-groups.js';
import { keyOf, type Queryable } from './view-row.js';

/** One pod by its uid, or by `pod x` or `x`; or undefined. */
export async function instance(
  db: Queryable,
  id: { account: string; region: string; uid: string },
): Promise<Instance | undefined> {
  const { account, region, uid } = id;
  const name = uid.includes(' ') ? uid : `pod ${uid}`;
  const row =
    (await byUid(db, [{ account, uid }])).get(keyOf({ account, uid })) ??
    (await findRow(db, { account, region, name }, 'instances'));
  if (row === undefined || row.spinnaker_kind !== 'instances') return undefined;
  return row.account === id.account && row.namespace === id.region ? instanceOf(row) : undefined;
}
