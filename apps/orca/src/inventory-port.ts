import { cluster, type Queryable } from '@gennaker/inventory';
import type { InventoryPort, ServerGroupReport } from '@gennaker/stages';

/** What clusters hold, from the cloud driver's inventory. */
export class ClusterInventory implements InventoryPort {
  constructor(private readonly db: Queryable) {}

  async serverGroups({
    cluster: name,
    ...of
  }: Parameters<InventoryPort['serverGroups']>[0]): Promise<ServerGroupReport[]> {
    const found = await cluster(this.db, { ...of, name });
    return (found?.serverGroups ?? []).map((group) => ({
      name: group.name,
      region: group.region,
      disabled: group.disabled,
    }));
  }
}
