import { InvalidInputError, NotFoundError, type JsonObject } from '@gennaker/kernel';
import { creationTimestampOf, nameOf, replicasOf } from '@gennaker/manifest';
import { kubernetesMoniker } from '@gennaker/moniker';

const CRITERIA = ['newest', 'second_newest', 'oldest', 'largest', 'smallest'] as const;
export type Criteria = (typeof CRITERIA)[number];

/** Reads `newest`, `SECOND_NEWEST` or `second-newest`. */
export function parseCriteria(text: string): Criteria {
  const wanted = text.toLowerCase().replaceAll('-', '_');
  const found = CRITERIA.find((criteria) => criteria === wanted);
  if (found !== undefined) return found;
  throw new InvalidInputError('manifest.unknown_criteria', [
    { path: 'criteria', message: `"${text}" is not one of ${CRITERIA.join(', ')}` },
  ]);
}

/** Whether age alone decides, so that metadata is all that is needed. */
export function byAge(criteria: Criteria): boolean {
  return criteria !== 'largest' && criteria !== 'smallest';
}

/** The objects that their annotations put into a cluster of an application. A name alone does not. */
export function membersOf(
  manifests: readonly JsonObject[],
  application: string,
  cluster: string,
): JsonObject[] {
  return manifests.filter((manifest) => {
    const { metadata } = manifest as { metadata?: JsonObject };
    const moniker = kubernetesMoniker({ metadata: { annotations: metadata?.['annotations'] } });
    return moniker.app === application && moniker.cluster === cluster;
  });
}

/** Oldest first. Within the one second that timestamps tell apart, the version decides. */
export function oldestFirst(manifests: readonly JsonObject[]): JsonObject[] {
  return [...manifests].sort(
    (a, b) =>
      compare(creationTimestampOf(a), creationTimestampOf(b)) ||
      (kubernetesMoniker(a).sequence ?? -1) - (kubernetesMoniker(b).sequence ?? -1) ||
      compare(nameOf(a), nameOf(b)),
  );
}

/**
 * Picks the one that the criteria mean: by age, or by `spec.replicas` (none counts as -1; of equals the newest).
 *
 * @throws NotFoundError when there are too few
 */
export function pickManifest(members: readonly JsonObject[], criteria: Criteria): JsonObject {
  const sorted = oldestFirst(members);
  const found = candidate(sorted, criteria);
  if (found !== undefined) return found;
  throw new NotFoundError(
    'manifest.no_target',
    `No manifests matching ${criteria} found: there are ${sorted.length} to choose from`,
  );
}

function candidate(sorted: JsonObject[], criteria: Criteria): JsonObject | undefined {
  switch (criteria) {
    case 'newest':
      return sorted.at(-1);
    case 'second_newest':
      return sorted.at(-2);
    case 'oldest':
      return sorted[0];
    case 'largest':
      return sorted.reduceRight<JsonObject | undefined>(
        (best, m) => (best && size(best) >= size(m) ? best : m),
        undefined,
      );
    case 'smallest':
      return sorted.reduceRight<JsonObject | undefined>(
        (best, m) => (best && size(best) <= size(m) ? best : m),
        undefined,
      );
  }
}

function size(manifest: JsonObject): number {
  return replicasOf(manifest) ?? -1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
