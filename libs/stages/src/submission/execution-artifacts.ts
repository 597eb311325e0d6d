import { type ExecutionState, stagesOf } from '@gennaker/execution';
import { isObject, type JsonObject } from '@gennaker/kernel';

/** The artifacts of an execution: those of its trigger (no refId), then those of its stages. */
export function executionArtifacts(state: ExecutionState): { refId: string; artifact: JsonObject }[] {
  return [
    ...artifactsIn('', state.trigger['artifacts']),
    ...stagesOf(state).flatMap((stage) => artifactsIn(stage.refId, stage.outputs['artifacts'])),
  ];
}

function artifactsIn(refId: string, artifacts: unknown): { refId: string; artifact: JsonObject }[] {
  return Array.isArray(artifacts) ? artifacts.filter(isObject).map((artifact) => ({ refId, artifact })) : [];
}
