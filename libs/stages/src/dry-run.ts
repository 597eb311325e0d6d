import { type ExecutionState, isTrue, objectAt, type StageState } from '@gennaker/execution';
import { isObject } from '@gennaker/kernel';
import type { StageDefinition, TaskDefinition } from './stage-definition.js';

/** Stages that change nothing outside, or whose answer decides how the pipeline goes on. */
const RUN_AS_ALWAYS = new Set([
  'checkPreconditions',
  'evaluateArtifacts',
  'evaluateVariables',
  'findArtifactFromExecution',
  'manualJudgment',
  'noop',
  'pipeline',
  'runMultiplePipelines',
]);

/**
 * Succeeds at once, with the outputs that the stage's type has for this, and over them those that the trigger has under
 * `dryRunOutputs` for the stage, by its name or refId, or for its type.
 */
function dryRunOf({ dryRunOutputs }: StageDefinition): TaskDefinition {
  return {
    name: 'dryRun',
    run: (input) => {
      const { execution, stage } = input;
      const given = objectAt(execution.trigger, 'dryRunOutputs');
      const own = given[stage.name] ?? given[stage.refId] ?? given[stage.type];
      return { status: 'SUCCEEDED', outputs: { ...dryRunOutputs?.(input), ...(isObject(own) && own) } };
    },
  };
}

const stubs = new WeakMap<StageDefinition, StageDefinition>();

/** What a stage does in an execution: under a trigger with `dryRun`, its tasks are one that does nothing. */
export function asExecuted(
  definition: StageDefinition,
  execution: ExecutionState,
  stage: StageState,
): StageDefinition {
  if (!isTrue(execution.trigger['dryRun']) || definition.tasks.length === 0) return definition;
  if (RUN_AS_ALWAYS.has(definition.type)) return definition;
  if (definition.type === 'checkPrecondition' && stage.context['preconditionType'] === 'expression')
    return definition;
  let stub = stubs.get(definition);
  if (stub === undefined) {
    const { plan: _plan, cleanUp: _cleanUp, ...rest } = definition;
    stub = { ...rest, tasks: [dryRunOf(definition)] };
    stubs.set(definition, stub);
  }
  return stub;
}
