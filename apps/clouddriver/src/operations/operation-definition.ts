import { type JsonObject } from '@gennaker/kernel';
import type { z } from 'zod';
import { type OperationContext } from './operation-context.js';

/** Who asks. */
export interface OperationCaller {
  user: string;
  /** Undefined where nobody signs in, and for administrators. */
  roles?: string[];
}

/**
 * One kind of operation of one cloud. `check` is called when the operation is asked for and again before its first step;
 * `run` does its work in steps of the context, and after a crash is called again from the start: steps that have
 * finished are not repeated, and the one that was under way must look before it acts.
 */
export interface OperationDefinition {
  cloudProvider: string;
  kind: string;
  /** Raised when a description that was fine before no longer is; 1 when absent. */
  version?: number;
  /** What a description holds. */
  schema?: z.ZodType;
  /** Throws an InvalidInputError, NotFoundError or AccessDeniedError that names what is wrong. */
  check(description: JsonObject, caller: OperationCaller): Promise<void>;
  /** Returns the result object. */
  run(description: JsonObject, context: OperationContext): Promise<JsonObject>;
}
