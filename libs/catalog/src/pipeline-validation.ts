import { type FieldProblem, type JsonObject, isObject } from '@gennaker/kernel';

export interface PipelineRules {
  /** Stage types that can run, aliases included. Absent: any type passes. */
  stageTypes?: ReadonlySet<string>;
  /** Problems of the fields of stages whose graph is right. */
  stageFields?: (stages: unknown) => FieldProblem[];
}

const MAX_NAME = 500;
const MAX_STAGES = 2_000;

/**
 * Everything that is wrong with a pipeline (or strategy) configuration, each problem with its place and the fix. An
 * empty list means that it can be stored and started.
 */
export function validatePipeline(pipeline: JsonObject, rules: PipelineRules = {}): FieldProblem[] {
  const problems: FieldProblem[] = [
    ...nameProblems(pipeline, 'application'),
    ...nameProblems(pipeline, 'name'),
    ...listProblems(pipeline),
    ...flagProblems(pipeline),
  ];
  if (isTemplated(pipeline)) return [...problems, ...templateProblems(pipeline)];
  return [...problems, ...stageProblems(pipeline.stages, rules)];
}

/** True for a configuration that takes its stages from a template. */
export function isTemplated(pipeline: JsonObject): boolean {
  return pipeline.type === 'templatedPipeline';
}

function nameProblems(pipeline: JsonObject, field: 'application' | 'name'): FieldProblem[] {
  const value = pipeline[field];
  if (typeof value !== 'string' || value.trim() === '') {
    return [
      { path: field, message: `A pipeline requires ${field === 'name' ? 'a name' : 'an application'}` },
    ];
  }
  if (value.length > MAX_NAME)
    return [{ path: field, message: `must be at most ${MAX_NAME} characters long` }];
  if (/\p{Cc}/u.test(value)) return [{ path: field, message: 'must not hold control characters' }];
  return [];
}

const OBJECT_LISTS = ['triggers', 'notifications', 'parameterConfig', 'expectedArtifacts'] as const;

function listProblems(pipeline: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of OBJECT_LISTS) {
    const list = pipeline[field];
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list)) {
      problems.push({ path: field, message: 'must be a list' });
      continue;
    }
    list.forEach((entry: unknown, index) =>
      problems.push(...entryProblems(field, `${field}[${index}]`, entry)),
    );
  }
  return problems;
}

function entryProblems(field: (typeof OBJECT_LISTS)[number], path: string, entry: unknown): FieldProblem[] {
  if (!isObject(entry)) return [{ path, message: 'must be an object' }];
  const required = field === 'parameterConfig' ? 'name' : field === 'expectedArtifacts' ? undefined : 'type';
  if (required === undefined) return [];
  const value = entry[required];
  return typeof value === 'string' && value !== ''
    ? []
    : [{ path: `${path}.${required}`, message: 'is required' }];
}

const FLAGS = ['disabled', 'limitConcurrent', 'keepWaitingPipelines', 'respectQuietPeriod'] as const;

function flagProblems(pipeline: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = FLAGS.filter((flag) => {
    const value = pipeline[flag];
    return value !== undefined && value !== null && typeof value !== 'boolean';
  }).map((flag) => ({ path: flag, message: 'must be true or false' }));

  const { maxConcurrentExecutions: most } = pipeline;
  if (most !== undefined && most !== null && !(Number.isInteger(Number(most)) && Number(most) >= 0)) {
    problems.push({ path: 'maxConcurrentExecutions', message: 'must be a whole number, 0 for no limit' });
  }
  return problems;
}

function templateProblems(pipeline: JsonObject): FieldProblem[] {
  const { template, variables } = pipeline;
  const problems: FieldProblem[] = [];
  if (pipeline.schema === 'v2' && (!isObject(template) || typeof template.reference !== 'string')) {
    problems.push({
      path: 'template.reference',
      message: 'must name the template, as in spinnaker://my-template',
    });
  }
  if (variables !== undefined && variables !== null && !isObject(variables)) {
    problems.push({ path: 'variables', message: 'must be an object' });
  }
  return problems;
}

interface StageNode {
  index: number;
  refId: string;
  requires: string[];
}

/** Problems of a list of stages, graph included. */
export function stageProblems(stages: unknown, rules: PipelineRules = {}): FieldProblem[] {
  if (stages === undefined || stages === null) return [];
  if (!Array.isArray(stages)) return [{ path: 'stages', message: 'must be a list' }];
  if (stages.length > MAX_STAGES) return [{ path: 'stages', message: `at most ${MAX_STAGES} stages` }];

  const problems: FieldProblem[] = [];
  const linear = stages.every((stage) => !isObject(stage) || isBlank(stage.refId));
  const nodes: StageNode[] = [];
  stages.forEach((stage: unknown, index) => {
    const path = `stages[${index}]`;
    if (!isObject(stage)) {
      problems.push({ path, message: 'must be an object' });
      return;
    }
    problems.push(...typeProblems(stage, path, rules));
    if (linear) return;
    const node = readNode(stage, index, problems);
    if (node !== undefined) nodes.push(node);
  });
  const inGraph = graphProblems(nodes);
  if (problems.length > 0 || inGraph.length > 0) return [...problems, ...inGraph];
  return rules.stageFields?.(stages) ?? [];
}

function typeProblems(stage: JsonObject, path: string, { stageTypes }: PipelineRules): FieldProblem[] {
  const { type, alias } = stage;
  if (typeof type !== 'string' || type.trim() === '')
    return [{ path: `${path}.type`, message: 'is required' }];
  if (stageTypes === undefined || stageTypes.has(type)) return [];
  if (typeof alias === 'string' && stageTypes.has(alias)) return [];
  return [{ path: `${path}.type`, message: `There is no stage type "${type}"` }];
}

function readNode(stage: JsonObject, index: number, problems: FieldProblem[]): StageNode | undefined {
  const path = `stages[${index}]`;
  const refId = refOf(stage.refId);
  if (refId === undefined) {
    problems.push({ path: `${path}.refId`, message: 'is required, because other stages have one' });
    return undefined;
  }
  const { requisiteStageRefIds: requires } = stage;
  if (requires === undefined || requires === null) return { index, refId, requires: [] };
  if (!Array.isArray(requires)) {
    problems.push({ path: `${path}.requisiteStageRefIds`, message: 'must be a list' });
    return { index, refId, requires: [] };
  }
  const refs = requires.map((ref) => refOf(ref));
  refs.forEach((ref, at) => {
    if (ref === undefined)
      problems.push({ path: `${path}.requisiteStageRefIds[${at}]`, message: 'must be a refId' });
  });
  return { index, refId, requires: refs.filter((ref) => ref !== undefined) };
}

function refOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
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
      if (!byRef.has(ref)) problems.push({ path, message: `There is no stage with refId "${ref}"` });
    });
  }
  const cycle = findCycle(byRef);
  if (cycle !== undefined) {
    const index = byRef.get(cycle[0] ?? '')?.index ?? 0;
    problems.push({
      path: `stages[${index}].requisiteStageRefIds`,
      message: `The stages wait for each other in a circle: ${cycle.join(' → ')}`,
    });
  }
  return problems;
}

/** Depth-first search without recursion: pipelines may be long chains. */
function findCycle(nodes: ReadonlyMap<string, StageNode>): string[] | undefined {
  const done = new Set<string>();
  for (const start of nodes.keys()) {
    if (done.has(start)) continue;
    const path: { ref: string; next: number }[] = [{ ref: start, next: 0 }];
    const onPath = new Set([start]);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const ref = nodes.get(step.ref)?.requires[step.next];
      step.next += 1;
      if (ref === undefined) {
        done.add(step.ref);
        onPath.delete(step.ref);
        path.pop();
      } else if (onPath.has(ref)) {
        const refs = path.map((one) => one.ref);
        return [...refs.slice(refs.indexOf(ref)), ref];
      } else if (nodes.has(ref) && !done.has(ref)) {
        onPath.add(ref);
        path.push({ ref, next: 0 });
      }
    }
  }
  return undefined;
}
