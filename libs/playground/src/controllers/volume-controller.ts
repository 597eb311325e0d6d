import { keyOf, splitKey, type KubeObject } from '../model/objects.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import type { World } from './world.js';

const CLAIMS = '/persistentvolumeclaims';
const VOLUMES = '/persistentvolumes';

interface Claim extends KubeObject {
  spec: {
    volumeName?: string;
    storageClassName?: string;
    accessModes?: string[];
    resources?: { requests?: { storage?: string } };
  };
  status?: { phase?: string };
}

/** Gives every claim a simulated volume, and takes the volume away with the claim. */
export class VolumeController implements Controller {
  readonly name = 'volume controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    return event.resource === CLAIMS ? [keyOf(event.object)] : [];
  }

  initialKeys(): string[] {
    return this.world.store.list(CLAIMS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const claim = this.world.store.get<Claim>(CLAIMS, namespace, name);
    if (!claim) {
      for (const volume of this.world.store.list(VOLUMES)) {
        const reference = (volume['spec'] as { claimRef?: { namespace?: string; name?: string } } | undefined)
          ?.claimRef;
        if (reference?.namespace === namespace && reference?.name === name)
          this.world.delete(VOLUMES, volume);
      }
      return undefined;
    }
    if (claim.status?.phase === 'Bound' || claim.metadata.deletionTimestamp !== undefined) return undefined;
    const storageClass = this.world.store.get(
      'storage.k8s.io/storageclasses',
      undefined,
      claim.spec.storageClassName ?? '',
    );
    if (!storageClass && claim.spec.volumeName === undefined) return undefined;
    this.bind(claim);
    return undefined;
  }

  private bind(claim: Claim): void {
    const volumeName = claim.spec.volumeName ?? `pvc-${claim.metadata.uid}`;
    const capacity = { storage: claim.spec.resources?.requests?.storage ?? '1Gi' };
    const accessModes = claim.spec.accessModes ?? ['ReadWriteOnce'];
    const { name, namespace, uid } = claim.metadata;
    if (!this.world.store.get(VOLUMES, undefined, volumeName)) {
      const volume = this.world.create(VOLUMES, undefined, {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: volumeName },
        spec: {
          capacity,
          accessModes,
          persistentVolumeReclaimPolicy: 'Delete',
          storageClassName: claim.spec.storageClassName,
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
          hostPath: { path: `/simulated/${volumeName}` },
        },
      });
      this.world.setStatus(VOLUMES, volume, { phase: 'Bound' });
    }
    this.world.change<Claim>(CLAIMS, claim, (live) => ({ ...live, spec: { ...live.spec, volumeName } }));
    this.world.setStatus(CLAIMS, claim, { phase: 'Bound', accessModes, capacity });
  }
}
