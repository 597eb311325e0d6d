import type { PlainObject } from '../values/value.js';

/** The part of Spinnaker's JSON of a stage that expressions rest on. Everything else in it can be read, too. */
export interface StageJson {
  id?: string;
  refId?: string;
  name?: string;
  type?: string;
  status?: string;
  requisiteStageRefIds?: readonly string[] | null;
  parentStageId?: string | null;
  syntheticStageOwner?: string | null;
  context?: Readonly<Record<string, unknown>>;
  outputs?: Readonly<Record<string, unknown>>;
  [key: string]: unknown;
}

/** The part of Spinnaker's JSON of an execution that expressions rest on. */
export interface ExecutionJson {
  type?: string;
  id?: string;
  application?: string;
  trigger?: Readonly<Record<string, unknown>>;
  stages: readonly StageJson[];
  authentication?: { user?: string; [key: string]: unknown };
  templateVariables?: Readonly<Record<string, unknown>> | null;
  [key: string]: unknown;
}

export function objectOf(value: unknown): PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PlainObject) : {};
}
