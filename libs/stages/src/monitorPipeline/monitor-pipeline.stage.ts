import { z } from 'zod';
import type { ExecutionReport } from '../ports.js';
import { bindProducedArtifacts } from '../kubernetes/stage-artifacts.js';
import { failuresOf } from '../pipeline/pipeline.stage.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';

const TWELVE_HOURS_MS = 12 * 3_600_000;

const schema = z.looseObject({
  executionIds: z.array(z.string()).min(1, 'must name an execution').max(500),
  monitorBehavior: z
    .enum(['WaitForAllToComplete', 'FailFast'], { error: 'must be WaitForAllToComplete or FailFast' })
    .nullish()
    .transform((behavior) => behavior ?? 'FailFast'),
});

type MonitorConfig = z.infer<typeof schema>;

export const monitorPipelineStage = defineStage<MonitorConfig>({
  type: 'monitorPipeline',
  label: 'Monitor pipelines',
  description: 'Waits until other executions have ended.',
  schema,
  tasks: [{ name: 'monitorPipeline', run: monitorAll, timeoutMs: TWELVE_HOURS_MS }, bindProducedArtifacts()],
});

async function monitorAll({
  config,
  ports,
  workItemId,
  stage,
  now,
}: TaskInput<MonitorConfig>): Promise<TaskResult> {
  const reports: ExecutionReport[] = [];
  const gone: string[] = [];
  for (const id of config.executionIds) {
    const report = await ports.executions.watch(id, workItemId);
    if (report === undefined) gone.push(`There is no execution ${id}`);
    else reports.push(report);
  }
  const executionStatuses = Object.fromEntries(reports.map(({ id, status }) => [id, { status }]));
  const context =
    JSON.stringify(stage.context['executionStatuses']) === JSON.stringify(executionStatuses)
      ? {}
      : { executionStatuses };
  const bad = reports.filter(({ complete, status }) => complete && status !== 'SUCCEEDED');
  const waits = reports.some(({ complete }) => !complete);
  const ends = !waits || (config.monitorBehavior === 'FailFast' && bad.length > 0) || gone.length > 0;
  if (!ends) return { status: 'RUNNING', context };
  const messages = [...gone, ...bad.flatMap(failuresOf)];
  if (messages.length === 0) return { status: 'SUCCEEDED', context };
  return {
    status: 'TERMINAL',
    context,
    exception: exceptionOf(messages, { operation: 'monitorPipeline', now, type: 'MonitoredPipelineFailed' }),
  };
}
