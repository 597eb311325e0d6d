import { ExpressionError } from '../expression-error.js';
import type { ExpressionLimits } from '../limits.js';
import type { Value } from '../values/value.js';
import type { EffectResult } from './effect.js';
import type { ExecutionAccess } from './execution-access.js';
import type { Trace } from './trace.js';

/** What an evaluation may know of the world. Nothing is read from anywhere else. */
export interface EvaluationEnvironment {
  /** Milliseconds since the Unix epoch. */
  now: number;
  /** Uniform in [0, 1). */
  random: () => number;
  /** A new UUID in its usual form. */
  uuid: () => string;
  /** IANA name of the zone in which dates are formatted and taken apart. Default UTC. */
  timeZone?: string;
  /** The authenticated user, for `#currentUser()`. */
  user?: string;
  /** Whether functions may fetch from hosts inside, as the installation allows its webhooks. Default false. */
  allowInternalHosts?: boolean;
  /** Results of effects that were performed before, by `effectKey`. */
  effects?: Readonly<Record<string, EffectResult>>;
  /** What `#stage`, `#judgment` and the other functions about the running execution look at. */
  execution?: ExecutionAccess;
}

/** A map was asked for a key that it does not have, which gave null: remembered to explain a failure that follows. */
export interface MissingRead {
  key: string;
  /** The part of the expression that gave the map, or '' for the context itself. */
  owner: string;
  target: Value;
  start: number;
  end: number;
}

/** The moving parts of one evaluation of one expression. */
export interface Runtime {
  readonly root: Value;
  readonly environment: EvaluationEnvironment;
  readonly limits: ExpressionLimits;
  /** False: a key that a map does not have is an error, and not null. */
  readonly allowUnknownKeys: boolean;
  /** What unqualified names refer to: the context, or the element inside a selection or projection. */
  self: Value;
  steps: number;
  missing: MissingRead | undefined;
  /** Where the steps of the evaluation are told, when somebody wants to see them. */
  readonly trace: Trace | undefined;
}

/** Counts work. Called for every call and for every element that a loop visits. */
export function step(runtime: Runtime, count = 1): void {
  runtime.steps += count;
  if (runtime.steps > runtime.limits.maxSteps) {
    throw new ExpressionError(
      'expression.too_many_steps',
      `the expression takes more than ${runtime.limits.maxSteps} steps`,
    );
  }
}

/** Refuses a text, list or map that has grown beyond the limit; `size` is its characters or elements. */
export function checkSize(runtime: Runtime, size: number): void {
  if (size > runtime.limits.maxResultSize) {
    throw new ExpressionError(
      'expression.result_too_large',
      `the expression makes a value of size ${size}; at most ${runtime.limits.maxResultSize} is allowed`,
    );
  }
}
