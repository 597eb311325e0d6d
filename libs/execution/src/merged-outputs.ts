import { canonicalJson, type JsonObject } from '@gennaker/kernel';
import { type ExecutionState, type StageState } from './execution-state.js';
import { requisitesOf, topLevelStages } from './graph.js';

/**
 * What an execution as a whole has given: the outputs of its stages, those that come later in the graph over those that
 * come before; lists are joined, each element once.
 */
export function mergedOutputs(state: ExecutionState): JsonObject {
  const merged: JsonObject = {};
  for (const stage of inOrder(state)) {
    for (const [key, value] of Object.entries(stage.outputs)) {
      const known = merged[key];
      merged[key] = Array.isArray(known) && Array.isArray(value) ? distinct([...known, ...value]) : value;
    }
  }
  return merged;
}

function inOrder(state: ExecutionState): StageState[] {
  const ordered = new Set<StageState>();
  const pending = [...topLevelStages(state)].reverse();
  const opened = new Set<StageState>();
  while (pending.length > 0) {
    const stage = pending.at(-1)!;
    if (opened.has(stage)) {
      ordered.add(stage);
      pending.pop();
    } else {
      opened.add(stage);
      pending.push(...requisitesOf(state, stage).filter((requisite) => !opened.has(requisite)));
    }
  }
  return [...ordered];
}

function distinct(values: unknown[]): unknown[] {
  return [...new Map(values.map((value) => [canonicalJson(value), value])).values()];
}
