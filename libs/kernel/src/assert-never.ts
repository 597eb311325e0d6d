/** Ends an exhaustive switch: adding a case elsewhere makes the compiler point here. */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
