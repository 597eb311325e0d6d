import { describeResource, type Queryable, ResourceStore, storedManifest } from '@gennaker/inventory';
import type { Clock } from '@gennaker/kernel';
import {
  fullResourceName,
  groupOfApiVersion,
  kindOfManifest,
  metadataOf,
  nameOf,
  namespaceOf,
  parseFullResourceName,
  printKind,
  textAt,
} from '@gennaker/manifest';
import type { AccountRegistry } from '../accounts/account-registry.js';
import { namespaceAllowed } from '../accounts/account-rules.js';
import { asking } from '../views/cluster-errors.js';

export interface RefreshRequest {
  account: string;
  /** The namespace; `_` or empty for cluster-wide objects. */
  location: string;
  /** `deployment x` */
  name: string;
}

/**
 * Takes what the cluster says of one object into the inventory right now, so that whoever has just changed it reads
 * their own write. The watch that tells the same a moment later changes nothing.
 */
export class ResourceRefresh {
  private readonly store: ResourceStore;

  constructor(
    private readonly accounts: Pick<AccountRegistry, 'get'>,
    private readonly db: ConstructorParameters<typeof ResourceStore>[0] & Queryable,
    private readonly clock: Clock,
  ) {
    this.store = new ResourceStore(db);
  }

  /** The keys of what is stored now, by kind: empty for what the inventory does not keep, or what is gone. */
  async refresh(request: RefreshRequest, signal?: AbortSignal): Promise<Record<string, string[]>> {
    const account = this.accounts.get(request.account);
    const { kind, name } = parseFullResourceName(request.name);
    const namespace = request.location === '_' ? '' : request.location;
    const found = await asking(account.name, request.name, () =>
      account.client.find({ kind: printKind(kind), name, namespace }, { signal }),
    );
    if (found === undefined) {
      await this.forget({ account: account.name, region: namespace, name: request.name });
      return {};
    }
    const place = namespaceOf(found);
    if (place !== '' && !namespaceAllowed(account.definition, place)) return {};
    const { customResources, onlySpinnakerManaged } = account.definition;
    const row = describeResource(found, {
      account: account.name,
      customResources,
      onlySpinnakerManaged,
      now: this.clock.now(),
    });
    if (row === undefined || !(await this.isWatched(account.name, row.api_group, row.kind))) return {};
    await this.store.upsert([row]);
    return { [printKind(kindOfManifest(found))]: [`${account.name}/${place}/${fullResourceName(found)}`] };
  }

  private async forget(id: { account: string; region: string; name: string }): Promise<void> {
    const stored = await storedManifest(this.db, id);
    if (stored === undefined) return;
    const { manifest } = stored;
    await this.store.delete([
      {
        account: id.account,
        api_group: groupOfApiVersion(manifest['apiVersion']),
        kind: textAt(manifest, 'kind'),
        namespace: namespaceOf(manifest),
        name: nameOf(manifest),
        uid: textAt(metadataOf(manifest), 'uid'),
      },
    ]);
  }

  /** What nobody watches would stay as it is for ever. */
  private async isWatched(account: string, group: string, kind: string): Promise<boolean> {
    const { rows } = await this.db.query(
      'select 1 from clouddriver.shard where account = $1 and api_group = $2 and kind = $3',
      [account, group, kind],
    );
    return rows.length > 0;
  }
}
