import type { CanaryScope, MetricQuery } from '@gennaker/canary';

/**
 * The values that a template of a metric may name: of the scope those that are not empty, over them the same names of the
 * query, over them all extended scope parameters.
 */
export function bindingsOf(
  names: readonly string[],
  scope: CanaryScope,
  query: MetricQuery,
): Record<string, string> {
  const bindings: Record<string, string> = {};
  for (const source of [scope as Record<string, unknown>, query as Record<string, unknown>]) {
    for (const name of names) {
      const value = source[name];
      if (typeof value === 'string' && value !== '') bindings[name] = value;
    }
  }
  return { ...bindings, ...scope.extendedScopeParams };
}

/** Text with something in it, else undefined. */
export function filled(text: unknown): string | undefined {
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}
