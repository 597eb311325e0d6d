import { iqrOutliers } from './statistics/outliers.js';

export type NanStrategy = 'remove' | 'replace';

/** Drops missing points, or puts 0 in their place. Infinities stay. */
export function handleNaN(values: readonly number[], strategy: NanStrategy): readonly number[] {
  let missing = false;
  for (const v of values) if (Number.isNaN(v)) missing = true;
  if (!missing) return values;
  return strategy === 'replace'
    ? values.map((v) => (Number.isNaN(v) ? 0 : v))
    : values.filter((v) => !Number.isNaN(v));
}

/** Drops the outliers of one side by the interquartile fences, less sensitive on short series. */
export function removeOutliers(values: readonly number[], factor: number): number[] {
  const outlier = iqrOutliers(values, factor, true);
  return values.filter((_, i) => outlier[i] !== true);
}
