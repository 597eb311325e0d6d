import { jsonEquals } from '@gennaker/kernel';
import { quotaUsage } from '../api/admission.js';
import { keyOf, splitKey, type KubeObject } from '../model/objects.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import type { World } from './world.js';

const QUOTAS = '/resourcequotas';

interface Quota extends KubeObject {
  spec?: { hard?: Record<string, string> };
}

/** Shows in a ResourceQuota's status how much of it is used. */
export class QuotaController implements Controller {
  readonly name = 'quota controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === QUOTAS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    if (event.resource === '/events' || event.object.metadata.namespace === undefined) return [];
    return this.world.store.list(QUOTAS, event.object.metadata.namespace).map(keyOf);
  }

  initialKeys(): string[] {
    return this.world.store.list(QUOTAS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const quota = this.world.store.get<Quota>(QUOTAS, namespace, name);
    if (!quota) return undefined;
    const hard = quota.spec?.hard ?? {};
    const used = Object.fromEntries(
      Object.keys(hard).map((resource) => [
        resource,
        String(quotaUsage(this.world.store, namespace ?? '', resource)),
      ]),
    );
    const status = { hard, used };
    if (!jsonEquals(status, quota['status'])) this.world.setStatus(QUOTAS, quota, status);
    return undefined;
  }
}
