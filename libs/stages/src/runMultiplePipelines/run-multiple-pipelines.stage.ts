import { actingAs } from '@gennaker/execution';
import { isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { booleanLike } from '../fields.js';
import { artifactsOf } from '../kubernetes/stage-artifacts.js';
import { failuresOf } from '../pipeline/pipeline.stage.js';
import type { ExecutionReport } from '../ports.js';
import {
  type CleanUpInput,
  defineStage,
  type TaskInput,
  type TaskResult,
  type StageInput,
} from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import { type BundledPipeline, pipelineLevels } from './pipeline-levels.js';

const TWELVE_HOURS_MS = 12 * 3_600_000;
const START_TASK = 'runMultiplePipelines';

const schema = z.looseObject({
  yamlConfig: z.array(z.unknown(), { error: 'must be a list with the bundle of pipelines' }).nullish(),
  checkDuplicated: booleanLike.nullish().transform((check) => check ?? true),
  /** A pipeline that fails does not keep those of the next level from running. */
  ignoreUncompleted: booleanLike.nullish().transform((ignore) => ignore ?? false),
  orderOfExecutions: z.array(z.array(z.looseObject({}))).nullish(),
  levelNumber: z.number().nullish(),
});

type BundleConfig = z.infer<typeof schema>;

export const runMultiplePipelinesStage = defineStage<BundleConfig>({
  type: 'runMultiplePipelines',
  label: 'Run multiple pipelines',
  description: 'Runs a bundle of pipelines of the application, those that depend on others after them.',
  schema,
  tasks: [
    { name: 'parsePipelinesYaml', run: parse },
    { name: START_TASK, run: startLevel, loopStart: true },
    { name: 'monitorMultiplePipelines', run: monitorLevel, timeoutMs: TWELVE_HOURS_MS },
    { name: 'checkLevel', run: nextLevel, loopEnd: true },
    { name: 'saveOutputsForDetails', run: saveOutputs },
  ],
  cleanUp: cancelChildren,
});

function parse({ config }: TaskInput<BundleConfig>): TaskResult {
  const levels = pipelineLevels(config.yamlConfig ?? [], config);
  return { status: 'SUCCEEDED', context: { orderOfExecutions: levels, levelNumber: 0, executions: {} } };
}

/** Starts every pipeline of a level under keys of the task: a task that runs twice starts each of them once. */
async function startLevel(input: TaskInput<BundleConfig>): Promise<TaskResult> {
  const { execution, stage, ports, context, workItemId } = input;
  const started: JsonObject = {};
  for (const [index, pipeline] of levelOf(input).entries()) {
    const { id, name } = await ports.executions.start({
      id: childId(workItemId, index),
      askedBy: workItemId,
      application: execution.application,
      pipeline: pipeline.child_pipeline,
      parameters: pipeline.arguments,
      artifacts: artifactsOf(context),
      authentication: actingAs(execution, stage.id),
      parent: { execution, stageId: stage.id },
    });
    started[pipeline.yamlIdentifier] = { executionId: id, name: name ?? pipeline.child_pipeline };
  }
  return { status: 'SUCCEEDED', context: { executions: { ...executionsOf(input), ...started } } };
}

async function monitorLevel(input: TaskInput<BundleConfig>): Promise<TaskResult> {
  const { ports, workItemId, config, now } = input;
  const executions = executionsOf(input);
  const reports = new Map<string, ExecutionReport>();
  const messages: string[] = [];
  for (const { yamlIdentifier } of levelOf(input)) {
    const id = executions[yamlIdentifier]?.executionId ?? '';
    const report = await ports.executions.watch(id, workItemId);
    if (report === undefined) messages.push(`The execution ${id} of ${yamlIdentifier} is gone`);
    else reports.set(yamlIdentifier, report);
  }
  const updated = Object.fromEntries(
    [...reports].map(([key, { status, complete, outputs }]) => [
      key,
      { ...executions[key], status, ...(complete && { outputs }) },
    ]),
  );
  const merged = { ...executions, ...updated };
  const context = JSON.stringify(merged) === JSON.stringify(executions) ? {} : { executions: merged };
  const all = [...reports.values()];
  if (all.some(({ complete }) => !complete) && messages.length === 0) return { status: 'RUNNING', context };
  messages.push(...all.filter(({ status }) => status !== 'SUCCEEDED').flatMap(failuresOf));
  if (messages.length === 0 || config.ignoreUncompleted) return { status: 'SUCCEEDED', context };
  return {
    status: 'TERMINAL',
    context,
    exception: exceptionOf(messages, {
      operation: 'monitorMultiplePipelines',
      now,
      type: 'ChildPipelineFailed',
    }),
  };
}

function nextLevel({ config }: TaskInput<BundleConfig>): TaskResult {
  const levelNumber = (config.levelNumber ?? 0) + 1;
  if (levelNumber >= (config.orderOfExecutions ?? []).length) return { status: 'SUCCEEDED' };
  return { status: 'REDIRECT', context: { levelNumber } };
}

function saveOutputs(input: TaskInput<BundleConfig>): TaskResult {
  return { status: 'SUCCEEDED', outputs: { executionsList: executionsOf(input) } };
}

function childId(workItemId: string, index: number): string {
  return `${workItemId}-${index}`;
}

/** Children do not outlive the stage that waits for them, those neither whose start was not recorded any more. */
async function cancelChildren(input: CleanUpInput<BundleConfig>): Promise<JsonObject> {
  const { execution, stage, ports } = input;
  const recorded = Object.values(executionsOf(input)).map(({ executionId }) => executionId);
  const asked = stage.tasks.find(({ name }) => name === START_TASK)?.workItemId;
  const started = asked === undefined ? [] : levelOf(input).map((_pipeline, index) => childId(asked, index));
  const user = execution.canceledBy ?? execution.authentication.user;
  const reason = `${execution.name ?? execution.id} (${execution.id}), which started it, does not wait for it any more`;
  for (const id of new Set([...recorded, ...started])) await ports.executions.cancel(id, { user, reason });
  return {};
}

function levelOf({ config }: StageInput<BundleConfig>): BundledPipeline[] {
  return (config.orderOfExecutions?.[config.levelNumber ?? 0] ?? []) as unknown as BundledPipeline[];
}

type Started = Record<string, { executionId: string; name?: string }>;

function executionsOf({ stage }: Pick<TaskInput, 'stage'>): Started {
  const { executions } = stage.context;
  return isObject(executions) ? (executions as Started) : {};
}
