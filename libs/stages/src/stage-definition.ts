import type {
  ExecutionState,
  StageContext,
  StageDraft,
  StageState,
  TaskOutcome,
  TimeSpan,
} from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import type { z } from 'zod';
import type { StagePorts } from './ports.js';

/** What a stage's definition may look at while it is planned. */
export interface StageInput<Config = unknown> {
  execution: ExecutionState;
  stage: StageState;
  /** The stage's context, checked by its schema. */
  config: Config;
  /** Reads the stage's context and, behind it, its ancestors' outputs. */
  context: StageContext;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

export interface TaskInput<Config = unknown> extends StageInput<Config> {
  ports: StagePorts;
  /** When the task started, in milliseconds since the Unix epoch. */
  startedAt: number;
  /** Key under which this run of the task acts on the outside world; a repeated run has the same one. */
  workItemId: string;
  /** A run before this one, under the same key, ended without telling what came of it. */
  isRepeated?: boolean;
  /** Aborts when the task is cancelled, times out, or its worker stops. */
  signal: AbortSignal;
  /** When, since a time, the work of this task was held back by halts. Absent: never. */
  heldSince?: (from: number) => Promise<TimeSpan[]>;
}

/**
 * What one run of a task gives. RUNNING with `wakeAt` (milliseconds since the Unix epoch) runs it again then; RUNNING
 * without it waits until something wakes it, or until its back-off if it has one.
 */
export interface TaskResult extends TaskOutcome {
  wakeAt?: number;
}

export interface TaskDefinition<Config = unknown> {
  name: string;
  run(input: TaskInput<Config>): TaskResult | Promise<TaskResult>;
  /** Milliseconds that the task may take, pauses not counted. Without it the task has no limit of its own. */
  timeoutMs?: number | ((input: StageInput<Config>) => number);
  /** Whether a stage's `stageTimeoutMs` takes the place of `timeoutMs`. Default true. */
  timeoutOverridable?: boolean;
  /** Milliseconds until the next run of a task that is RUNNING and names no time itself. */
  backoffMs?: number | ((input: StageInput<Config>, ageMs: number) => number);
  /** Decides what running out of time means; undefined leaves it to the stage's options. */
  onTimeout?(input: StageInput<Config>): TaskResult | undefined;
  /** In words, what the task has waited for, once it has run out of time. */
  waitsFor?(input: TaskInput<Config>): Promise<string | undefined>;
  loopStart?: boolean;
  loopEnd?: boolean;
}

export interface CleanUpInput<Config = unknown> extends StageInput<Config> {
  ports: StagePorts;
  workItemId: string;
  signal: AbortSignal;
}

/** A stage type: everything that the engine, the API and an editor know of it. */
export interface StageDefinition<Config = unknown> {
  type: string;
  /** Other names under which pipelines may ask for it. */
  aliases?: string[];
  label: string;
  description: string;
  /** Checks a stage's context after its expressions are evaluated. */
  schema: z.ZodType<Config>;
  /** Fields that pipelines cannot choose: laid over the stage's own before its expressions are evaluated. */
  fixed?(context: JsonObject): JsonObject;
  /** Keys of its context whose expressions are about what the stage itself will have found: left alone at its start. */
  evaluatedLater?: string[];
  /** Every task that the stage may run. */
  tasks: TaskDefinition<Config>[];
  /** Names of the tasks of this stage, in order; absent: all of them. */
  plan?(input: StageInput<Config>): string[];
  before?(input: StageInput<Config>): StageDraft[];
  after?(input: StageInput<Config>): StageDraft[];
  onFailure?(input: StageInput<Config>): StageDraft[];
  /** What later stages find of this one in a dry run, where its tasks do not run. */
  dryRunOutputs?(input: StageInput<Config>): JsonObject;
  /** Whether a person may skip the stage while it runs. */
  canSkip?(input: StageInput<Config>): boolean;
  /** Undoes what the stage has under way when it ends halted: cancels operations, builds, children. Idempotent. */
  cleanUp?(input: CleanUpInput<Config>): Promise<{ context?: JsonObject; outputs?: JsonObject }>;
}

/** Declares a stage type; the types of its config flow from the schema to its tasks. */
export function defineStage<Config>(definition: StageDefinition<Config>): StageDefinition {
  return definition as unknown as StageDefinition;
}
