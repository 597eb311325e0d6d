import { InvalidInputError, NotFoundError } from '@gennaker/kernel';

/** What choosing among server groups needs to know of each. */
export interface TargetCandidate {
  name: string;
  createdTime: number | null;
  disabled: boolean;
  instanceCounts: { total: number };
}

const TARGETS = [
  'CURRENT',
  'CURRENT_ASG_DYNAMIC',
  'PREVIOUS',
  'ANCESTOR',
  'ANCESTOR_ASG_DYNAMIC',
  'OLDEST',
  'OLDEST_ASG_DYNAMIC',
  'LARGEST',
  'FAIL',
] as const;

/**
 * Picks a server group of a cluster as Spinnaker's dynamic targets do: the newest, the one before, the oldest, or the
 * one with the most instances (the newest of those that tie).
 *
 * @throws NotFoundError when there are too few; InvalidInputError for an unknown target, or for `FAIL` with several.
 */
export function targetServerGroup<T extends TargetCandidate>(
  candidates: readonly T[],
  target: string,
  options: { onlyEnabled?: boolean; validateOldest?: boolean } = {},
): T {
  const eligible = candidates
    .filter((group) => options.onlyEnabled !== true || !group.disabled)
    .sort((a, b) => (b.createdTime ?? 0) - (a.createdTime ?? 0) || (a.name < b.name ? 1 : -1));
  const found = pick(eligible, target.toUpperCase(), options.validateOldest ?? true);
  if (found !== undefined) return found;
  throw new NotFoundError(
    'server_group.no_target',
    `no server group of the cluster is ${target}: it has ${eligible.length}`,
  );
}

function pick<T extends TargetCandidate>(
  sorted: readonly T[],
  target: string,
  validateOldest: boolean,
): T | undefined {
  switch (target) {
    case 'CURRENT':
    case 'CURRENT_ASG_DYNAMIC':
      return sorted[0];
    case 'PREVIOUS':
    case 'ANCESTOR':
    case 'ANCESTOR_ASG_DYNAMIC':
      return sorted[1];
    case 'OLDEST':
    case 'OLDEST_ASG_DYNAMIC':
      // With one server group the oldest is also the current one, which nobody means who asks for the oldest.
      return validateOldest && sorted.length < 2 ? undefined : sorted.at(-1);
    case 'LARGEST':
      return sorted.reduce<T | undefined>(
        (best, group) =>
          best === undefined || group.instanceCounts.total > best.instanceCounts.total ? group : best,
        undefined,
      );
    case 'FAIL':
      if (sorted.length <= 1) return sorted[0];
      throw new InvalidInputError('server_group.ambiguous_target', [
        { path: 'target', message: `FAIL wants one server group, and the cluster has ${sorted.length}` },
      ]);
    default:
      throw new InvalidInputError('server_group.unknown_target', [
        { path: 'target', message: `"${target}" is not one of ${TARGETS.join(', ')}` },
      ]);
  }
}
