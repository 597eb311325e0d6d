import type { MetricSet, MetricSetPair } from '@gennaker/canary';
import { InvalidInputError } from '@gennaker/kernel';

/**
 * Pairs the metric sets of both sides, metric by metric and tag combination by tag combination, as Kayenta does. A side
 * that has no partner is compared with NaN; the shorter side is padded at its end to the points that its window should have.
 *
 * @param names the metrics, in the order of the config
 * @param newId gives each pair its id
 * @throws InvalidInputError when a side has no set at all, or other tag keys than its counterpart
 */
export function mixMetricSets(
  names: readonly string[],
  control: readonly MetricSet[],
  experiment: readonly MetricSet[],
  newId: () => string,
): MetricSetPair[] {
  return names.flatMap((name) => {
    const sides = {
      control: control.filter((set) => set.name === name),
      experiment: experiment.filter((set) => set.name === name),
    };
    for (const side of ['control', 'experiment'] as const) {
      if (sides[side].length > 0) continue;
      throw new InvalidInputError(
        'kayenta.no_metrics',
        `No ${side} metrics found for ${name} and the metric service did not create a placeholder.`,
      );
    }
    return pairsOf(name, sides, newId);
  });
}

interface Sides {
  control: MetricSet[];
  experiment: MetricSet[];
}

function pairsOf(name: string, sides: Sides, newId: () => string): MetricSetPair[] {
  const untagged = (sets: MetricSet[]) => sets.some((set) => Object.keys(set.tags).length === 0);
  const make = (control: MetricSet, experiment: MetricSet, tags: Record<string, string>): MetricSetPair => ({
    name,
    id: newId(),
    tags,
    values: { control: padded(control), experiment: padded(experiment) },
    scopes: { control: scopeOf(control), experiment: scopeOf(experiment) },
    attributes: { control: control.attributes, experiment: experiment.attributes },
  });

  if (untagged(sides.control) !== untagged(sides.experiment)) {
    const placeholder = untagged(sides.control) ? 'control' : 'experiment';
    const other = placeholder === 'control' ? sides.experiment : sides.control;
    const empty = asMissing(sides[placeholder][0]!);
    return other.map((set) =>
      placeholder === 'control' ? make(empty, set, set.tags) : make(set, empty, set.tags),
    );
  }
  requireSameKeys(sides);
  const combinations = new Map(
    [...sides.control, ...sides.experiment].map((set) => [keyOf(set.tags), set.tags]),
  );
  return [...combinations].map(([key, tags]) => {
    const pick = (sets: MetricSet[]) => sets.find((set) => keyOf(set.tags) === key) ?? asMissing(sets[0]!);
    return make(pick(sides.control), pick(sides.experiment), tags);
  });
}

function requireSameKeys({ control, experiment }: Sides): void {
  const keys = (sets: MetricSet[]) => [...new Set(sets.flatMap((set) => Object.keys(set.tags)))].sort();
  const [left, right] = [keys(control), keys(experiment)];
  if (left.join('\u0000') === right.join('\u0000')) return;
  throw new InvalidInputError(
    'kayenta.different_tags',
    `Control metrics have different tag keys than the experiment tag set ([${left.join(', ')}] != [${right.join(', ')}]).`,
  );
}

function keyOf(tags: Record<string, string>): string {
  return JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** floor((end - start) / step); 0 when the window is unknown. */
function expectedPoints({ startTimeMillis, endTimeMillis, stepMillis }: MetricSet): number {
  if (startTimeMillis == null || endTimeMillis == null || stepMillis == null || stepMillis === 0) return 0;
  return Math.floor((endTimeMillis - startTimeMillis) / stepMillis);
}

function asMissing(set: MetricSet): MetricSet {
  return { ...set, values: Array.from({ length: expectedPoints(set) }, () => Number.NaN) };
}

function padded(set: MetricSet): number[] {
  const missing = expectedPoints(set) - set.values.length;
  return missing <= 0 ? set.values : [...set.values, ...Array.from({ length: missing }, () => Number.NaN)];
}

function scopeOf({
  startTimeIso,
  startTimeMillis,
  stepMillis,
}: MetricSet): MetricSetPair['scopes']['control'] {
  return { startTimeIso, startTimeMillis, stepMillis };
}
