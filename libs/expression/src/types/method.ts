import type { Runtime } from '../evaluate/runtime.js';
import type { Value } from '../values/value.js';

/** A method that expressions may call, under its Java name. */
export interface Method<T> {
  /** Fewest and most arguments. */
  readonly min: number;
  readonly max: number;
  readonly call: (self: T, args: readonly Value[], runtime: Runtime) => Value;
}

export type MethodTable<T> = ReadonlyMap<string, Method<T>>;

type Row<T> = [arity: number, call: Method<T>['call']] | [min: number, max: number, call: Method<T>['call']];

/**
 * `{ trim: [0, call], substring: [1, 2, call] }`: the number of arguments, or the fewest and the most, then the method. `toString`
 * and `valueOf` are written with `()`, for TypeScript takes the bare names for the members that every object has.
 */
export function methodTable<T>(rows: Record<string, Row<T>>): MethodTable<T> {
  const table = new Map<string, Method<T>>();
  for (const [name, row] of Object.entries(rows)) {
    table.set(
      name.replace('()', ''),
      row.length === 2
        ? { min: row[0], max: row[0], call: row[1] }
        : { min: row[0], max: row[1], call: row[2] },
    );
  }
  return table;
}

export const ANY_NUMBER = Number.MAX_SAFE_INTEGER;
