import { type ExecutionState, isTrue, objectAt, type StageState } from '@gennaker/execution';
import { isObject } from '@gennaker/kernel';
import type { StageDefinition, TaskDefinition } from './stage-definition.js';

/** Stages that change nothing outside, or whose answer decides how the pipeline goes on. */
const RUN_AS_ALWAYS = new Set([
  'checkPreconditions',
  'evaluateVariables',
  'manualJudgment',
  'noop',
  'pipeline',
  'runMultiplePipelines',
]);

/** Succeeds at once, with the outputs that the trigger has for the stage under `dryRunOutputs`, by its name or refId. */
const dryRun: TaskDefinition = {
  name: 'dryRun',
  run: ({ execution, stage }) => {
    const given = objectAt(execution.trigger, 'dryRunOutputs');
    const outputs = given[stage.name] ?? given[stage.refId];
    return { status: 'SUCCEEDED', ...(isObject(outputs) && { outputs }) };
  },
};

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
    stub = { ...rest, tasks: [dryRun] };
    stubs.set(definition, stub);
  }
  return stub;
}
