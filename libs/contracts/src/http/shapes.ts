import { EXECUTION_STATUSES } from '@gennaker/execution';
import { z } from 'zod';
import { jsonObject } from './fields.js';

/** Milliseconds since the Unix epoch. */
const millis = z.number().describe('Milliseconds since the Unix epoch');

export const taskRef = z
  .object({ ref: z.string().describe('Path of what was started: `/tasks/<id>` or `/pipelines/<id>`') })
  .meta({ id: 'Ref' });

export const executionStatusShape = z.enum(EXECUTION_STATUSES).meta({ id: 'ExecutionStatus' });

export const taskStepShape = z
  .object({
    id: z.string(),
    name: z.string(),
    implementingClass: z.string(),
    status: executionStatusShape,
    startTime: millis.optional(),
    endTime: millis.optional(),
    stageStart: z.boolean(),
    stageEnd: z.boolean(),
    loopStart: z.boolean(),
    loopEnd: z.boolean(),
    taskExceptionDetails: jsonObject,
  })
  .loose()
  .meta({ id: 'TaskStep' });

export const stageShape = z
  .object({
    id: z.string(),
    refId: z.string(),
    type: z.string(),
    name: z.string(),
    status: executionStatusShape,
    startTime: millis.optional(),
    endTime: millis.optional(),
    requisiteStageRefIds: z.array(z.string()),
    parentStageId: z.string().optional(),
    syntheticStageOwner: z.enum(['STAGE_BEFORE', 'STAGE_AFTER']).optional(),
    context: jsonObject,
    outputs: jsonObject,
    tasks: z.array(taskStepShape),
  })
  .loose()
  .meta({ id: 'Stage' });

export const triggerShape = z
  .object({ type: z.string(), user: z.string().optional(), parameters: jsonObject.optional() })
  .loose()
  .meta({ id: 'Trigger' });

export const executionShape = z
  .object({
    id: z.string(),
    type: z.enum(['PIPELINE', 'ORCHESTRATION']),
    application: z.string(),
    name: z.string().optional(),
    pipelineConfigId: z.string().optional(),
    status: executionStatusShape,
    buildTime: millis,
    startTime: millis.optional(),
    endTime: millis.optional(),
    canceled: z.boolean(),
    canceledBy: z.string().optional(),
    cancellationReason: z.string().optional(),
    trigger: triggerShape,
    stages: z.array(stageShape),
  })
  .loose()
  .meta({ id: 'Execution' });

/** An execution without what it is made of. */
export const executionSummaryShape = z
  .object({
    id: z.string(),
    type: z.enum(['PIPELINE', 'ORCHESTRATION']),
    application: z.string(),
    name: z.string().optional(),
    pipelineConfigId: z.string().optional(),
    status: executionStatusShape,
    buildTime: millis,
    startTime: millis.optional(),
    endTime: millis.optional(),
    canceled: z.boolean(),
    user: z.string(),
    origin: z.string(),
    trigger: z.object({ type: z.string() }),
  })
  .meta({ id: 'ExecutionSummary' });

export const taskShape = z
  .object({
    id: z.string(),
    name: z.string().optional(),
    application: z.string(),
    status: executionStatusShape,
    variables: z.array(z.object({ key: z.string(), value: z.unknown() })),
    steps: z.array(taskStepShape),
    buildTime: millis,
    startTime: millis.optional(),
    endTime: millis.optional(),
    execution: executionShape.optional(),
  })
  .loose()
  .meta({ id: 'Task' });

export const applicationAttributes = z
  .object({
    name: z.string(),
    email: z.string().optional(),
    description: z.string().optional(),
    cloudProviders: z.string().optional().describe('Comma-separated'),
    accounts: z.string().optional().describe('Comma-separated'),
    createTs: z.string().optional(),
    updateTs: z.string().optional(),
    lastModifiedBy: z.string().optional(),
  })
  .loose()
  .meta({ id: 'ApplicationAttributes' });

export const applicationShape = z
  .object({ name: z.string(), attributes: applicationAttributes, clusters: jsonObject })
  .meta({ id: 'Application' });

/** What a client may send as a pipeline; the catalogue checks it field by field. */
export const pipelineInput = jsonObject.meta({ id: 'PipelineInput' });

export const pipelineConfigShape = z
  .object({
    id: z.string(),
    name: z.string(),
    application: z.string(),
    index: z.int().optional(),
    disabled: z.boolean().optional(),
    stages: z.array(jsonObject).optional(),
    triggers: z.array(jsonObject).optional(),
    lastModified: millis.optional(),
    lastModifiedBy: z.string().optional(),
    createTs: z.string().optional(),
    updateTs: z.string().optional(),
  })
  .loose()
  .meta({ id: 'PipelineConfig' });

export const versionShape = z
  .object({
    version: z.int(),
    at: millis,
    author: z.string(),
    reason: z.string().optional(),
    from: z.string().optional(),
    action: z.enum(['created', 'changed', 'deleted']),
    changes: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
  })
  .loose()
  .meta({ id: 'Version' });

export const eventShape = z
  .object({
    version: z.int(),
    type: z.string(),
    data: jsonObject,
    meta: jsonObject,
    recordedAt: millis,
  })
  .meta({ id: 'ExecutionEvent' });
