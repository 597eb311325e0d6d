import { CRDS, type CustomResourceDefinition } from '../api/resource-registry.js';
import { keyOf, type Condition } from '../model/objects.js';
import type { StoreEvent } from '../store/store.js';
import { setCondition } from './conditions.js';
import type { Controller } from './engine.js';
import type { World } from './world.js';

/** Establishes CustomResourceDefinitions, and removes their objects with them. */
export class CrdController implements Controller {
  readonly name = 'CRD controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    return event.resource === CRDS && event.type !== 'DELETED' ? [keyOf(event.object)] : [];
  }

  initialKeys(): string[] {
    return this.world.store.list(CRDS).map(keyOf);
  }

  reconcile(name: string): number | undefined {
    const definition = this.world.store.get<CustomResourceDefinition>(CRDS, undefined, name);
    if (!definition) return undefined;
    if (definition.metadata.deletionTimestamp !== undefined) {
      this.cleanUp(definition);
      return undefined;
    }
    if (!definition.metadata.finalizers?.includes(CLEANUP)) {
      this.world.change(CRDS, definition, (live) => ({
        ...live,
        metadata: { ...live.metadata, finalizers: [...(live.metadata.finalizers ?? []), CLEANUP] },
      }));
    }
    this.establish(definition);
    return undefined;
  }

  private establish(definition: CustomResourceDefinition): void {
    const now = this.world.now();
    let conditions = (definition.status?.conditions ?? []) as readonly Condition[];
    const wanted: Condition[] = [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ];
    for (const condition of wanted) conditions = setCondition(conditions, condition, now);
    const { names, versions } = definition.spec;
    const storage = versions.find((version) => version.storage)?.name;
    const stored = (definition.status?.['storedVersions'] as string[] | undefined) ?? [];
    this.world.setStatus(CRDS, definition, {
      conditions,
      acceptedNames: names,
      storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
    });
  }

  private cleanUp(definition: CustomResourceDefinition): void {
    const storage = `${definition.spec.group}/${definition.spec.names.plural}`;
    for (const object of this.world.store.list(storage)) this.world.delete(storage, object);
    const isEmpty = this.world.store.count(storage) === 0;
    if (!isEmpty) return;
    this.world.change(CRDS, definition, (live) => ({
      ...live,
      metadata: {
        ...live.metadata,
        finalizers: (live.metadata.finalizers ?? []).filter((name) => name !== CLEANUP),
      },
    }));
  }
}

const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';
