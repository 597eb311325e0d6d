import { InvalidInputError } from '@gennaker/kernel';
import { z } from 'zod';

export const SELECTOR_KINDS = [
  'ANY',
  'EQUALS',
  'NOT_EQUALS',
  'CONTAINS',
  'NOT_CONTAINS',
  'EXISTS',
  'NOT_EXISTS',
] as const;

/** One condition on labels, as Spinnaker's stages write it. */
export const labelSelectorSchema = z.object({
  kind: z
    .string()
    .transform((kind) => kind.toUpperCase())
    .pipe(z.enum(SELECTOR_KINDS)),
  key: z.string().nullish(),
  values: z.array(z.coerce.string()).nullish(),
});

export const labelSelectorsSchema = z.object({ selectors: z.array(labelSelectorSchema).default([]) });

export type LabelSelector = z.output<typeof labelSelectorSchema>;

/** The label selector of a Kubernetes request: `app=web,tier in (a, b),!legacy`. Empty selects everything. */
export function labelSelectorText(selectors: readonly LabelSelector[]): string {
  return selectors
    .map((selector, index) => requirement(selector, `labelSelectors.selectors[${index}]`))
    .filter((text) => text !== '')
    .join(',');
}

function requirement({ kind, key, values }: LabelSelector, path: string): string {
  if (kind === 'ANY') return '';
  if (!key)
    throw new InvalidInputError('kubernetes.label_selector', [
      { path: `${path}.key`, message: 'is missing' },
    ]);
  const list = values ?? [];
  const single = (): string => {
    const [value] = list;
    if (value === undefined || list.length !== 1) {
      throw new InvalidInputError('kubernetes.label_selector', [
        { path: `${path}.values`, message: `${kind} takes exactly one value` },
      ]);
    }
    return value;
  };
  const several = (): string => {
    if (list.length === 0) {
      throw new InvalidInputError('kubernetes.label_selector', [
        { path: `${path}.values`, message: `${kind} takes at least one value` },
      ]);
    }
    return list.join(', ');
  };
  switch (kind) {
    case 'EQUALS':
      return `${key} = ${single()}`;
    case 'NOT_EQUALS':
      return `${key} != ${single()}`;
    case 'CONTAINS':
      return `${key} in (${several()})`;
    case 'NOT_CONTAINS':
      return `${key} notin (${several()})`;
    case 'EXISTS':
      return key;
    case 'NOT_EXISTS':
      return `!${key}`;
    default:
      return '';
  }
}

/** Whether labels meet all conditions. */
export function matchesSelectors(
  selectors: readonly LabelSelector[],
  labels: Record<string, string>,
): boolean {
  return selectors.every(({ kind, key, values }) => {
    const value = labels[key ?? ''];
    const listed = value !== undefined && (values ?? []).includes(value);
    switch (kind) {
      case 'ANY':
        return true;
      case 'EQUALS':
      case 'CONTAINS':
        return listed;
      case 'NOT_EQUALS':
      case 'NOT_CONTAINS':
        return !listed;
      case 'EXISTS':
        return value !== undefined;
      case 'NOT_EXISTS':
        return value === undefined;
      default:
        return false;
    }
  });
}
