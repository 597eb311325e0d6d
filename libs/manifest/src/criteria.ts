import { MONIKER_ANNOTATIONS } from '@gennaker/moniker';
import { annotationsOf, creationTimestampOf, type Manifest, replicasOf } from './manifest.js';

export const CRITERIA = ['newest', 'second_newest', 'oldest', 'largest', 'smallest'] as const;
export type Criteria = (typeof CRITERIA)[number];

/** Objects of a cluster: those whose annotations say so. */
export function membersOf(objects: readonly Manifest[], app: string, cluster: string): Manifest[] {
  return objects.filter((object) => {
    const annotations = annotationsOf(object);
    return (
      annotations[MONIKER_ANNOTATIONS.application] === app &&
      annotations[MONIKER_ANNOTATIONS.cluster] === cluster
    );
  });
}

/** The object that the criteria choose, or undefined where there are too few. Missing replicas count as -1. */
export function chooseByCriteria(objects: readonly Manifest[], criteria: Criteria): Manifest | undefined {
  const byAge = [...objects].sort((a, b) => {
    if (creationTimestampOf(a) === creationTimestampOf(b)) return 0;
    return creationTimestampOf(a) < creationTimestampOf(b) ? -1 : 1;
  });
  const size = (object: Manifest): number => replicasOf(object) ?? -1;
  const bySize = [...byAge].sort((a, b) => size(a) - size(b));
  switch (criteria) {
    case 'oldest':
      return byAge[0];
    case 'newest':
      return byAge.at(-1);
    case 'second_newest':
      return byAge.at(-2);
    case 'smallest':
      return bySize[0];
    case 'largest':
      return bySize.at(-1);
    default:
      return undefined;
  }
}

/** The criteria of a stage, in any case; undefined for a word that is none. */
export function criteriaOf(text: string): Criteria | undefined {
  return CRITERIA.find((criteria) => criteria === text.toLowerCase());
}
