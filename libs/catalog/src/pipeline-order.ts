import type { JsonObject } from '@gennaker/kernel';
import type { CatalogItem } from './catalog-item.js';

/** By index, those without one last, then by name: the order in which Spinnaker lists the pipelines of an application. */
export function inOrder<Item extends Pick<CatalogItem, 'application' | 'position' | 'name'>>(
  items: readonly Item[],
): Item[] {
  return [...items].sort(
    (a, b) =>
      a.application.localeCompare(b.application) ||
      (a.position ?? Infinity) - (b.position ?? Infinity) ||
      a.name.localeCompare(b.name),
  );
}

/**
 * Renumbers the indexes 0, 1, 2, … within each application. Clients save every configuration whose index is not where
 * it stands, so a gap would cost a storm of writes.
 */
export function withIndexes(configs: readonly JsonObject[]): JsonObject[] {
  const next = new Map<unknown, number>();
  return configs.map((config) => {
    const index = next.get(config.application) ?? 0;
    next.set(config.application, index + 1);
    return { ...config, index };
  });
}
