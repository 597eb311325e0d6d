import { actingAs, isTrue, objectAt } from '@gennaker/execution';
import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { booleanLike } from '../fields.js';
import { artifactsOf, bindProducedArtifacts } from '../kubernetes/stage-artifacts.js';
import type { CleanUpInput, StageInput, TaskInput, TaskResult } from '../stage-definition.js';
import { defineStage } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { ExecutionReport } from '../ports.js';

const START_TASK = 'startPipeline';
const TWELVE_HOURS_MS = 12 * 3_600_000;
/** Pipelines that start pipelines that start pipelines …: more than this is a circle. */
const MOST_ANCESTORS = 20;

const pipelineSchema = z.looseObject({
  application: z.string().nullish(),
  pipelineApplication: z.string().nullish(),
  /** Id or name. */
  pipeline: z.string({ error: 'is missing: which pipeline is to run?' }).min(1, 'must not be empty'),
  pipelineParameters: z.looseObject({}).nullish(),
  waitForCompletion: booleanLike.nullish().transform((wait) => wait ?? true),
  skipDownstreamOutput: booleanLike.nullish(),
  skippable: booleanLike.nullish(),
});

type PipelineConfig = z.infer<typeof pipelineSchema>;

export const pipelineStage = defineStage<PipelineConfig>({
  type: 'pipeline',
  label: 'Pipeline',
  description: 'Runs another pipeline, and waits for it if asked to.',
  schema: pipelineSchema,
  tasks: [
    { name: START_TASK, run: startPipeline },
    { name: 'monitorPipeline', run: monitorChild, timeoutMs: TWELVE_HOURS_MS },
    bindProducedArtifacts(),
  ],
  plan: ({ config }) =>
    config.waitForCompletion ? [START_TASK, 'monitorPipeline', 'bindProducedArtifacts'] : [START_TASK],
  canSkip: ({ config }) => config.skippable === true,
  cleanUp: cancelChild,
});

/** Starts the child under the task's own key: a task that runs twice starts one. */
async function startPipeline(input: TaskInput<PipelineConfig>): Promise<TaskResult> {
  const { config, execution, stage, ports, workItemId, context } = input;
  // A stage of the child was restarted: the stage follows the same child again.
  if (isTrue(stage.context['_skipPipelineRestart']) && typeof stage.context['executionId'] === 'string')
    return { status: 'SUCCEEDED' };
  refuseCircle(input);
  const { id, name } = await ports.executions.start({
    id: workItemId,
    askedBy: workItemId,
    application: config.pipelineApplication ?? config.application ?? execution.application,
    pipeline: config.pipeline,
    parameters: config.pipelineParameters ?? {},
    artifacts: artifactsOf(context),
    authentication: actingAs(execution, stage.id),
    parent: { execution, stageId: stage.id },
  });
  return { status: 'SUCCEEDED', context: { executionId: id, executionName: name } };
}

function refuseCircle({ execution }: StageInput): void {
  let ancestors = 0;
  for (let parent: unknown = execution.trigger['parentExecution']; isObject(parent); ancestors += 1)
    parent = objectAt(parent, 'trigger')['parentExecution'];
  if (ancestors < MOST_ANCESTORS) return;
  throw new InvalidInputError(
    'stages.pipeline_circle',
    `This pipeline was started by a chain of ${ancestors} others: does one of them start itself?`,
  );
}

async function monitorChild(input: TaskInput<PipelineConfig>): Promise<TaskResult> {
  const { stage, ports, workItemId, config, now } = input;
  const child = await ports.executions.watch(String(stage.context['executionId']), workItemId);
  if (child === undefined) return failed(['The pipeline that was started is gone'], now);
  const status = { status: child.status };
  if (!child.complete)
    return { status: 'RUNNING', ...(stage.context['status'] !== child.status && { context: status }) };
  const { buildInfo } = child.outputs;
  const context = { ...status, ...(buildInfo !== undefined && { buildInfo }) };
  if (child.status === 'SUCCEEDED') {
    const outputs = isTrue(config.skipDownstreamOutput) ? {} : child.outputs;
    return { status: 'SUCCEEDED', context, outputs };
  }
  return {
    ...failed(failuresOf(child), now),
    ...(child.status === 'CANCELED' && { status: 'CANCELED' }),
    context,
  };
}

/** Why another execution did not succeed, in its own words. */
export function failuresOf(child: ExecutionReport): string[] {
  const what = `Pipeline ${child.name ?? child.id} (${child.id}) ended ${child.status}`;
  if (child.status === 'CANCELED') return [child.reason === undefined ? what : `${what}: ${child.reason}`];
  return [what, ...child.errors];
}

function failed(messages: string[], now: number): TaskResult {
  return {
    status: 'TERMINAL',
    exception: exceptionOf(messages, { operation: 'monitorPipeline', now, type: 'ChildPipelineFailed' }),
  };
}

/** A child does not outlive the stage that waits for it. */
async function cancelChild({
  config,
  stage,
  execution,
  ports,
}: CleanUpInput<PipelineConfig>): Promise<JsonObject> {
  // The child has the id of the work item that asked for it, and may have been started without that being recorded.
  const asked = stage.tasks.find(({ name }) => name === START_TASK)?.workItemId;
  const executionId = stage.context['executionId'] ?? asked;
  if (typeof executionId !== 'string' || !config.waitForCompletion) return {};
  const user = execution.canceledBy ?? execution.authentication.user;
  const reason = `${execution.name ?? execution.id} (${execution.id}), which started it, does not wait for it any more`;
  await ports.executions.cancel(executionId, { user, reason });
  return {};
}
