import type { StageJson } from './execution-json.js';

/**
 * The stages whose outputs a stage sees, nearest first: itself; the stages that it requires, then their synthetic
 * children, then theirs in turn; without requisites its parent (for an after-stage, the parent's before-stages come
 * first), then the parent's ancestors. Siblings' branches and later stages are not among them.
 */
export function ancestorsOf(stages: readonly StageJson[], stage: StageJson): StageJson[] {
  const found = new Set<StageJson>([stage]);
  const expanded = new Set<StageJson>();
  let frontier: StageJson[] = [stage];
  while (frontier.length > 0) {
    const next: StageJson[] = [];
    for (const current of frontier) {
      if (expanded.has(current)) continue;
      expanded.add(current);
      const { above, follow } = directlyAbove(stages, current);
      for (const ancestor of above) found.add(ancestor);
      next.push(...follow);
    }
    frontier = next;
  }
  return [...found];
}

function directlyAbove(
  stages: readonly StageJson[],
  stage: StageJson,
): { above: StageJson[]; follow: StageJson[] } {
  const requisites = stage.requisiteStageRefIds ?? [];
  if (requisites.length > 0) {
    const required = stages.filter(
      (candidate) => candidate.refId !== undefined && requisites.includes(candidate.refId),
    );
    const ids = new Set(required.map((candidate) => candidate.id));
    const children = stages.filter(
      (candidate) => candidate.parentStageId != null && ids.has(candidate.parentStageId),
    );
    return { above: [...required, ...children], follow: required };
  }
  const parent =
    stage.parentStageId == null ? undefined : stages.find(({ id }) => id === stage.parentStageId);
  if (!parent) return { above: [], follow: [] };
  const before =
    stage.syntheticStageOwner === 'STAGE_AFTER'
      ? stages.filter(
          (candidate) =>
            candidate.parentStageId === parent.id && candidate.syntheticStageOwner === 'STAGE_BEFORE',
        )
      : [];
  return { above: [...before, parent], follow: [parent] };
}
