import type { Catalog } from '@gennaker/catalog';
import { z } from 'zod';
import { type TrafficGuard, TrafficGuards } from '../kubernetes/operations/traffic-guards.js';

const guardSchema = z.object({
  enabled: z
    .boolean()
    .nullish()
    .transform((enabled) => enabled ?? true),
  account: z.string(),
  location: z.string(),
  stack: z.string().nullish(),
  detail: z.string().nullish(),
});

/** The guards that teams set on their applications. */
export class CatalogTrafficGuards extends TrafficGuards {
  constructor(private readonly catalog: Catalog) {
    super();
  }

  override async of(application: string): Promise<readonly TrafficGuard[]> {
    const item = await this.catalog.applications.find(application);
    const guards = item?.body['trafficGuards'];
    if (!Array.isArray(guards)) return [];
    return guards.flatMap((guard: unknown) => {
      const parsed = guardSchema.safeParse(guard);
      return parsed.success ? [parsed.data] : [];
    });
  }
}
