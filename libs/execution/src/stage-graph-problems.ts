import { type FieldProblem, isObject, type JsonObject } from '@gennaker/kernel';

const MAX_STAGES = 2_000;

interface StageNode {
  index: number;
  refId: string;
  requires: string[];
}

/**
 * What is wrong with a pipeline's list of stages: entries that are no stages, missing or unknown types, missing or
 * doubled refIds, references to stages that do not exist, cycles. Empty when it can run.
 *
 * @param isKnownType whether there is a stage of that type; absent: every type is taken
 */
export function stageGraphProblems(stages: unknown, isKnownType?: (type: string) => boolean): FieldProblem[] {
  if (!Array.isArray(stages)) return [{ path: 'stages', message: 'must be a list of stages' }];
  if (stages.length > MAX_STAGES) return [{ path: 'stages', message: `at most ${MAX_STAGES} stages` }];
  const problems: FieldProblem[] = [];
  // Stages without any refId run one after the other, in the order in which they are written.
  const linear = stages.every((stage) => !isObject(stage) || isBlank(stage['refId']));
  const nodes: StageNode[] = [];
  stages.forEach((stage: unknown, index) => {
    const path = `stages[${index}]`;
    if (!isObject(stage)) {
      problems.push({ path, message: 'must be an object' });
      return;
    }
    problems.push(...typeProblems(stage, path, isKnownType));
    const node = linear ? undefined : readNode(stage, index, problems);
    if (node !== undefined) nodes.push(node);
  });
  return [...problems, ...graphProblems(nodes)];
}

function typeProblems(
  stage: JsonObject,
  path: string,
  isKnownType?: (type: string) => boolean,
): FieldProblem[] {
  const { type, name, alias } = stage;
  const problems: FieldProblem[] = [];
  if (typeof type !== 'string' || type.trim() === '') {
    problems.push({ path: `${path}.type`, message: 'is missing: every stage needs a type' });
  } else if (isKnownType !== undefined && !isKnownType(type) && !(isText(alias) && isKnownType(alias))) {
    const message = `there is no stage type "${type}"; GET /stages lists them`;
    problems.push({ path: `${path}.type`, message });
  }
  if (name !== undefined && name !== null && typeof name !== 'string') {
    problems.push({ path: `${path}.name`, message: 'must be text' });
  }
  return problems;
}

function readNode(stage: JsonObject, index: number, problems: FieldProblem[]): StageNode | undefined {
  const path = `stages[${index}]`;
  const { refId: given, requisiteStageRefIds: requires } = stage;
  const refId = refOf(given);
  if (refId === undefined) {
    const message = isBlank(given) ? 'is required, because other stages have one' : 'must be text';
    problems.push({ path: `${path}.refId`, message });
    return undefined;
  }
  if (requires === undefined || requires === null) return { index, refId, requires: [] };
  if (!Array.isArray(requires)) {
    problems.push({ path: `${path}.requisiteStageRefIds`, message: 'must be a list of refIds' });
    return { index, refId, requires: [] };
  }
  const refs = requires.map((ref: unknown, at) => {
    const text = refOf(ref);
    if (text === undefined)
      problems.push({ path: `${path}.requisiteStageRefIds[${at}]`, message: 'must be a refId' });
    return text;
  });
  return { index, refId, requires: refs.filter((ref) => ref !== undefined) };
}

function refOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return isText(value) ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function graphProblems(nodes: StageNode[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const byRef = new Map<string, StageNode>();
  for (const node of nodes) {
    const first = byRef.get(node.refId);
    if (first === undefined) byRef.set(node.refId, node);
    else {
      const message = `refId "${node.refId}" is already used by stages[${first.index}]`;
      problems.push({ path: `stages[${node.index}].refId`, message });
    }
  }
  for (const node of nodes) {
    node.requires.forEach((ref, at) => {
      const path = `stages[${node.index}].requisiteStageRefIds[${at}]`;
      if (!byRef.has(ref)) problems.push({ path, message: `no stage has the refId "${ref}"` });
    });
  }
  const cycle = findCycle(byRef);
  if (cycle !== undefined) {
    problems.push({
      path: `stages[${byRef.get(cycle[0]!)!.index}].requisiteStageRefIds`,
      message: `the stages wait for each other in a circle: ${[...cycle, cycle[0]].join(' → ')}`,
    });
  }
  return problems;
}

/** The refIds of a cycle, or undefined. Depth first with an explicit stack: a graph may be deeper than the call stack. */
function findCycle(nodes: ReadonlyMap<string, StageNode>): string[] | undefined {
  const done = new Set<string>();
  for (const root of nodes.keys()) {
    const path: { ref: string; next: number }[] = done.has(root) ? [] : [{ ref: root, next: 0 }];
    const onPath = new Set(path.map(({ ref }) => ref));
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = nodes.get(top.ref)?.requires[top.next];
      top.next += 1;
      if (target === undefined) {
        done.add(top.ref);
        onPath.delete(top.ref);
        path.pop();
      } else if (onPath.has(target)) {
        return path.slice(path.findIndex(({ ref }) => ref === target)).map(({ ref }) => ref);
      } else if (nodes.has(target) && !done.has(target)) {
        onPath.add(target);
        path.push({ ref: target, next: 0 });
      }
    }
  }
  return undefined;
}
