import { EXECUTION_STATUSES } from '@gennaker/execution';
import { z } from 'zod';

const json = z.record(z.string(), z.unknown());
const status = z.enum(EXECUTION_STATUSES);
const milliseconds = z.number().min(0);

/** One result of a task's run. A bare status stands for `{ status }`. */
export const outcomeSchema = z.preprocess(
  (given) => (typeof given === 'string' ? { status: given } : given),
  z.object({
    status: status.default('SUCCEEDED'),
    context: json.optional(),
    outputs: json.optional(),
    /** Milliseconds that the run takes; of a RUNNING one, until the task is looked at again. */
    duration: milliseconds.optional(),
    /** The run throws an error with this message, whatever its status. */
    error: z.string().optional(),
    /** With `error`: such as a later run may mend. */
    retryable: z.boolean().optional(),
  }),
);

const draftSchema = z.object({
  type: z.string(),
  name: z.string().optional(),
  context: json.default({}),
  /** Positions, in this list, of those that must pass first. */
  requires: z.array(z.number().int().min(0)).optional(),
});

const taskSchema = z.preprocess(
  (given) => (typeof given === 'string' ? { name: given } : given),
  z.object({
    name: z.string(),
    timeoutMs: milliseconds.optional(),
    timeoutOverridable: z.boolean().optional(),
    backoffMs: milliseconds.optional(),
    loopStart: z.boolean().optional(),
    loopEnd: z.boolean().optional(),
    onTimeout: status.optional(),
  }),
);

/** A made-up stage type, or another plan for one that exists. */
export const stageTypeSchema = z.object({
  tasks: z.array(taskSchema).max(100).default([]),
  before: z.array(draftSchema).max(100).default([]),
  after: z.array(draftSchema).max(100).default([]),
  onFailure: z.array(draftSchema).max(100).default([]),
  /** Planning fails with this message. */
  planningError: z.string().optional(),
  skippable: z.boolean().default(false),
  cleanUp: z.boolean().default(false),
});

const at = z.union([z.number(), z.iso.datetime({ offset: true })]);

const byUser = { at, user: z.string().optional() };
const ofStage = { ...byUser, stage: z.string() };

/** What people do to the execution, and when: milliseconds after its submission, or a time. `stage` is a refId. */
export const operationSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('cancel'), ...byUser, reason: z.string().optional() }),
  z.object({ op: z.literal('pause'), ...byUser }),
  z.object({ op: z.literal('resume'), ...byUser }),
  z.object({
    op: z.literal('restart'),
    ...ofStage,
    skip: z.boolean().optional(),
    /** Stages of the pipeline as it is by then: changed preconditions are taken over. */
    stages: z.array(json).max(1_000).optional(),
  }),
  z.object({ op: z.literal('skip'), ...ofStage }),
  z.object({ op: z.literal('patch'), ...ofStage, context: json }),
  z.object({
    op: z.literal('judge'),
    ...ofStage,
    judgment: z.enum(['continue', 'stop']),
    input: z.string().optional(),
    roles: z.array(z.string()).optional(),
  }),
]);

export const simulationSchema = z.object({
  pipeline: json,
  trigger: json.optional(),
  /** Results of the runs of a stage's tasks, in order, by the stage's refId, name or type; the last one repeats. */
  outcomes: z.record(z.string(), z.array(outcomeSchema).min(1).max(1_000)).default({}),
  stageTypes: z.record(z.string(), stageTypeSchema).default({}),
  operations: z.array(operationSchema).max(1_000).default([]),
  /** When it is submitted: milliseconds since the Unix epoch, or ISO 8601. */
  at: at.optional(),
});

export type SimulationRequest = z.input<typeof simulationSchema>;
export type Simulated = z.output<typeof simulationSchema>;
export type Outcome = z.output<typeof outcomeSchema>;
export type Operation = z.output<typeof operationSchema>;
export type MadeUpStageType = z.output<typeof stageTypeSchema>;
