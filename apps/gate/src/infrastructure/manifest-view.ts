import { storedManifest } from '@gennaker/inventory';
import { type JsonObject, NotFoundError, isObject } from '@gennaker/kernel';
import type { InventoryDatabase } from './inventory-database.js';

/** How a location is written that is in no namespace. */
const CLUSTER_SCOPE = '_';

/** A manifest as Spinnaker's clients read it. @throws NotFoundError */
export async function manifestView(
  db: InventoryDatabase,
  { account, location, name }: { account: string; location: string; name: string },
): Promise<JsonObject> {
  const region = location === CLUSTER_SCOPE ? '' : location;
  const found = await storedManifest(db, { account, region, name });
  if (found === undefined) {
    throw new NotFoundError('gate.no_such_manifest', `Unable to find ${name} in ${account}/${location}`);
  }
  const { manifest, status } = found;
  const annotations =
    isObject(manifest.metadata) && isObject(manifest.metadata.annotations)
      ? manifest.metadata.annotations
      : {};
  const application = annotations['moniker.spinnaker.io/application'];
  const cluster = annotations['moniker.spinnaker.io/cluster'];
  return {
    account,
    name,
    location: region,
    cloudProvider: 'kubernetes',
    moniker: {
      ...(typeof application === 'string' ? { app: application } : {}),
      ...(typeof cluster === 'string' ? { cluster } : {}),
    },
    manifest,
    status,
    artifacts: [],
    events: [],
    warnings: [],
    metrics: [],
  };
}
