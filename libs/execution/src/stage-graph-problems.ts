import { type FieldProblem, isObject } from '@gennaker/kernel';

/**
 * What is wrong with a pipeline's list of stages: entries that are no stages, missing or unknown types, duplicate
 * refIds, references to stages that do not exist, cycles. Empty when it can run.
 *
 * @param isKnownType whether there is a stage of that type; absent: every type is taken
 */
export function stageGraphProblems(stages: unknown, isKnownType?: (type: string) => boolean): FieldProblem[] {
  if (!Array.isArray(stages)) return [{ path: 'stages', message: 'must be a list of stages' }];
  const problems: FieldProblem[] = [];
  const paths = new Map<string, string>();
  const edges = new Map<string, string[]>();
  stages.forEach((stage: unknown, index) => {
    const path = `stages[${index}]`;
    if (!isObject(stage)) return problems.push({ path, message: 'must be an object' });
    problems.push(...typeProblems(stage, path, isKnownType));
    problems.push(...refProblems(stage, path, paths));
    if (stage['refId'] !== undefined) edges.set(String(stage['refId']), requisites(stage));
  });
  if (problems.length > 0) return problems;
  return [...unknownReferences(stages, edges), ...cycleProblems(edges, paths)];
}

type StageJson = Record<string, unknown>;

function requisites(stage: StageJson): string[] {
  const refs = stage['requisiteStageRefIds'];
  return Array.isArray(refs) ? refs.map(String) : [];
}

function typeProblems(
  stage: StageJson,
  path: string,
  isKnownType?: (type: string) => boolean,
): FieldProblem[] {
  const { type, name } = stage;
  const problems: FieldProblem[] = [];
  if (typeof type !== 'string' || type === '') {
    problems.push({ path: `${path}.type`, message: 'is missing: every stage needs a type' });
  } else if (isKnownType !== undefined && !isKnownType(type)) {
    problems.push({
      path: `${path}.type`,
      message: `there is no stage type "${type}"; GET /stages lists them`,
    });
  }
  if (name !== undefined && name !== null && typeof name !== 'string') {
    problems.push({ path: `${path}.name`, message: 'must be text' });
  }
  return problems;
}

function refProblems(stage: StageJson, path: string, paths: Map<string, string>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { refId } = stage;
  if (refId !== undefined && refId !== null) {
    if (typeof refId !== 'string' && typeof refId !== 'number') {
      problems.push({ path: `${path}.refId`, message: 'must be text' });
    } else {
      const other = paths.get(String(refId));
      if (other !== undefined) {
        problems.push({
          path: `${path}.refId`,
          message: `"${refId}" is used by ${other} too; each stage needs its own`,
        });
      }
      paths.set(String(refId), path);
    }
  }
  const refs = stage['requisiteStageRefIds'];
  if (refs !== undefined && refs !== null && !isListOfRefs(refs)) {
    problems.push({ path: `${path}.requisiteStageRefIds`, message: 'must be a list of refIds' });
  }
  return problems;
}

function isListOfRefs(refs: unknown): boolean {
  return Array.isArray(refs) && refs.every((ref) => typeof ref === 'string' || typeof ref === 'number');
}

function unknownReferences(stages: unknown[], edges: Map<string, string[]>): FieldProblem[] {
  return stages.flatMap((stage, index) =>
    requisites(stage as StageJson)
      .map((ref, position) => ({ ref, path: `stages[${index}].requisiteStageRefIds[${position}]` }))
      .filter(({ ref }) => !edges.has(ref))
      .map(({ ref, path }) => ({ path, message: `no stage has the refId "${ref}"` })),
  );
}

function cycleProblems(edges: Map<string, string[]>, paths: Map<string, string>): FieldProblem[] {
  const cycle = findCycle(edges);
  if (cycle === undefined) return [];
  return [
    {
      path: `${paths.get(cycle[0]!) ?? 'stages'}.requisiteStageRefIds`,
      message: `stages wait for each other in a circle: ${[...cycle, cycle[0]].join(' → ')}`,
    },
  ];
}

/** The refIds of a cycle, or undefined. Depth first with an explicit stack: a graph may be deeper than the call stack. */
function findCycle(edges: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  for (const root of edges.keys()) {
    const path: { ref: string; next: number }[] = done.has(root) ? [] : [{ ref: root, next: 0 }];
    const onPath = new Set(path.map(({ ref }) => ref));
    while (path.length > 0) {
      const top = path.at(-1)!;
      const target = edges.get(top.ref)?.[top.next];
      top.next += 1;
      if (target === undefined) {
        done.add(top.ref);
        onPath.delete(top.ref);
        path.pop();
      } else if (onPath.has(target)) {
        return path.slice(path.findIndex(({ ref }) => ref === target)).map(({ ref }) => ref);
      } else if (!done.has(target)) {
        onPath.add(target);
        path.push({ ref: target, next: 0 });
      }
    }
  }
  return undefined;
}
