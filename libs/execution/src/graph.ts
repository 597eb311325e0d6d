import { groupBy } from '@gennaker/kernel';
import { type ExecutionState, type StageState, stageOf, stagesOf } from './execution-state.js';
import { isActive, isPassed } from './status.js';

/** How stages hang together. Depends on their ids, refs and parents only, which never change once they are there. */
interface StageGraph {
  topLevel: string[];
  children: Map<string, string[]>;
  requisites: Map<string, string[]>;
  downstream: Map<string, string[]>;
}

/** One graph per list of stages: it is rebuilt when stages are planned or reset, not when they change. */
const graphs = new WeakMap<string[], StageGraph>();

function graphOf(state: ExecutionState): StageGraph {
  let graph = graphs.get(state.stageOrder);
  if (graph === undefined) {
    graph = buildGraph(stagesOf(state));
    graphs.set(state.stageOrder, graph);
  }
  return graph;
}

function buildGraph(stages: StageState[]): StageGraph {
  const levels = groupBy(stages, (stage) => stage.parentStageId);
  const graph: StageGraph = {
    topLevel: (levels.get(undefined) ?? []).map((stage) => stage.id),
    children: new Map(),
    requisites: new Map(),
    downstream: new Map(),
  };
  for (const [parent, level] of levels) {
    if (parent !== undefined)
      graph.children.set(
        parent,
        level.map((stage) => stage.id),
      );
    const byRef = groupBy(level, (stage) => stage.refId);
    for (const stage of level) {
      const refs = new Set(stage.requisiteStageRefIds);
      const requisites = [...refs].flatMap((ref) => byRef.get(ref) ?? []);
      graph.requisites.set(
        stage.id,
        requisites.map((requisite) => requisite.id),
      );
      for (const requisite of requisites) {
        const downstream = graph.downstream.get(requisite.id);
        if (downstream === undefined) graph.downstream.set(requisite.id, [stage.id]);
        else downstream.push(stage.id);
      }
    }
  }
  return graph;
}

function pick(state: ExecutionState, ids: string[] | undefined): StageState[] {
  return ids === undefined ? [] : ids.map((id) => stageOf(state, id));
}

/** The stages of the pipeline itself. */
export function topLevelStages(state: ExecutionState): StageState[] {
  return pick(state, graphOf(state).topLevel);
}

/** A stage's synthetic stages, in order. */
export function childrenOf(state: ExecutionState, stageId: string): StageState[] {
  return pick(state, graphOf(state).children.get(stageId));
}

export function beforeStages(state: ExecutionState, stageId: string): StageState[] {
  return childrenOf(state, stageId).filter((stage) => stage.syntheticStageOwner === 'STAGE_BEFORE');
}

export function afterStages(state: ExecutionState, stageId: string): StageState[] {
  return childrenOf(state, stageId).filter((stage) => stage.syntheticStageOwner === 'STAGE_AFTER');
}

/** The stages whose end a stage waits for: of the pipeline, or of the same parent. */
export function requisitesOf(state: ExecutionState, stage: StageState): StageState[] {
  return pick(state, graphOf(state).requisites.get(stage.id));
}

/** Whether everything that a stage waits for has passed. The last one is asked first: it is the likeliest to be missing. */
export function requisitesPassed(state: ExecutionState, stage: StageState): boolean {
  const ids = graphOf(state).requisites.get(stage.id) ?? [];
  for (let index = ids.length - 1; index >= 0; index -= 1) {
    if (!isPassed(stageOf(state, ids[index]!).status)) return false;
  }
  return true;
}

/** The stages that wait for this one's end. */
export function downstreamOf(state: ExecutionState, stage: StageState): StageState[] {
  return pick(state, graphOf(state).downstream.get(stage.id));
}

/** A stage and everything downstream of it at its level, each once. */
export function withDownstream(state: ExecutionState, first: StageState[]): StageState[] {
  const found = new Map<string, StageState>();
  const pending = [...first];
  for (let stage = pending.pop(); stage !== undefined; stage = pending.pop()) {
    if (found.has(stage.id)) continue;
    found.set(stage.id, stage);
    pending.push(...downstreamOf(state, stage));
  }
  return stagesOf(state).filter((stage) => found.has(stage.id));
}

/** A stage's synthetic stages at every depth. */
export function descendantsOf(state: ExecutionState, stageId: string): StageState[] {
  return childrenOf(state, stageId).flatMap((child) => [child, ...descendantsOf(state, child.id)]);
}

/**
 * Where a stage's context falls through to, nearest first: itself, its requisites with their synthetic stages and so
 * on upwards; a stage without requisites goes on at its parent, and an after-stage sees its parent's before-stages
 * first. Branches beside it are not among them.
 */
export function ancestorsOf(state: ExecutionState, stageId: string): StageState[] {
  const found = new Map<string, StageState>();
  const walked = new Set<string>();
  const add = (stage: StageState): void => {
    if (!found.has(stage.id)) found.set(stage.id, stage);
  };
  const addWithSynthetic = (stage: StageState): void => {
    add(stage);
    descendantsOf(state, stage.id).forEach(add);
  };
  const upwards = (stage: StageState): void => {
    if (walked.has(stage.id)) return;
    walked.add(stage.id);
    const requisites = requisitesOf(state, stage);
    if (requisites.length > 0) {
      requisites.forEach(addWithSynthetic);
      requisites.forEach(upwards);
    } else if (stage.parentStageId !== undefined) {
      const parent = stageOf(state, stage.parentStageId);
      if (stage.syntheticStageOwner === 'STAGE_AFTER')
        beforeStages(state, parent.id).forEach(addWithSynthetic);
      add(parent);
      upwards(parent);
    }
  };
  const self = stageOf(state, stageId);
  add(self);
  upwards(self);
  return [...found.values()];
}

/** The stage of the pipeline that a synthetic stage, at any depth, belongs to. */
export function topLevel(state: ExecutionState, stage: StageState): StageState {
  let current = stage;
  while (current.parentStageId !== undefined) current = stageOf(state, current.parentStageId);
  return current;
}

/** The stages of an execution that run now, synthetic ones included. */
export function runningStages(state: ExecutionState): StageState[] {
  return topLevelStages(state)
    .flatMap((stage) => [stage, ...descendantsOf(state, stage.id)])
    .filter((stage) => isActive(stage.status));
}
