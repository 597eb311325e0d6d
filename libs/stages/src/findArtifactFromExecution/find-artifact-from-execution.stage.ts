import {
  distinctArtifacts,
  normaliseArtifact,
  normaliseExpectedArtifact,
  resolveExpectedArtifacts,
} from '@gennaker/artifact';
import type { ExecutionStatus } from '@gennaker/execution';
import { isObject } from '@gennaker/kernel';
import { z } from 'zod';
import { booleanLike, listOf } from '../fields.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';

const schema = z.looseObject({
  application: z.string().nullish(),
  /** Id of the pipeline's configuration. */
  pipeline: z.string({ error: 'is missing: of which pipeline?' }),
  expectedArtifacts: listOf(z.looseObject({})),
  expectedArtifact: z.looseObject({}).nullish(),
  executionOptions: z
    .looseObject({
      successful: booleanLike.nullish(),
      succeeded: booleanLike.nullish(),
      terminal: booleanLike.nullish(),
      running: booleanLike.nullish(),
    })
    .nullish(),
});

type FindConfig = z.infer<typeof schema>;

export const findArtifactFromExecutionStage = defineStage<FindConfig>({
  type: 'findArtifactFromExecution',
  aliases: ['findArtifactFromExecutionStage'],
  label: 'Find artifacts from execution',
  description: 'Takes artifacts from the newest execution of a pipeline.',
  schema,
  tasks: [{ name: 'findArtifactFromExecution', run: find }],
});

async function find({ config, ports, execution, stage, now }: TaskInput<FindConfig>): Promise<TaskResult> {
  const statuses = statusesOf(config);
  const found = await ports.executions.latest({
    pipelineConfigId: config.pipeline,
    statuses,
    exclude: execution.id,
  });
  const fail = (message: string): TaskResult => ({
    status: 'TERMINAL',
    exception: exceptionOf([message], {
      operation: 'findArtifactFromExecution',
      now,
      type: 'ArtifactNotFound',
    }),
  });
  if (found === undefined)
    return fail(`Pipeline ${config.pipeline} has no execution that is ${statuses.join(' or ')}`);
  const expected = [
    ...config.expectedArtifacts,
    ...(config.expectedArtifact ? [config.expectedArtifact] : []),
  ];
  // A pipeline that looks at its own last run must not find what this very stage had found there.
  const own = execution.pipelineConfigId === config.pipeline ? stage.refId : undefined;
  const artifacts = distinctArtifacts(
    found.artifacts.filter(({ refId }) => refId !== own).map(({ artifact }) => normaliseArtifact(artifact)),
  );
  const resolved = resolveExpectedArtifacts(
    expected.filter(isObject).map(normaliseExpectedArtifact),
    artifacts,
    {
      requireUniqueMatches: false,
    },
  );
  const outputs = {
    artifacts: resolved.resolvedArtifacts,
    resolvedExpectedArtifacts: resolved.resolvedExpectedArtifacts,
  };
  return { status: 'SUCCEEDED', context: outputs, outputs };
}

function statusesOf({ executionOptions }: FindConfig): ExecutionStatus[] {
  const options = executionOptions ?? {};
  const statuses: ExecutionStatus[] = [];
  if (options.successful === true || options.succeeded === true) statuses.push('SUCCEEDED');
  if (options.terminal === true) statuses.push('TERMINAL');
  if (options.running === true) statuses.push('RUNNING');
  return statuses.length === 0 ? ['SUCCEEDED'] : statuses;
}
