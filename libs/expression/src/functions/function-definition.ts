import type { Runtime } from '../evaluate/runtime.js';
import type { Value } from '../values/value.js';

export interface FunctionParameter {
  name: string;
  /** Java's simple type name, as Spinnaker's catalogue shows it. */
  type: string;
  description: string;
  /** The last parameter may be left out, or given any number of times. */
  variadic?: boolean;
}

/** A function that expressions call as `#name(…)`. */
export interface FunctionDefinition {
  name: string;
  description: string;
  parameters: FunctionParameter[];
  returns: string;
  example: string;
  /** What an execution must be there for; without one the call fails. */
  needsExecution?: boolean;
  call: (args: readonly Value[], runtime: Runtime) => Value;
}
