import type { MetricSet } from '@gennaker/canary';
import type { MetricWindow } from './metric-store.js';

/** A series as a store gave it: times in milliseconds since the Unix epoch, ascending, each with its value. */
export interface Series {
  tags: Record<string, string>;
  times: number[];
  values: number[];
}

/**
 * Puts series onto the grid of the window, NaN where there is no point, so that the same index is the same minute on both
 * sides whatever is missing. A point that lies between two places of the grid goes to the nearer one. A point at the very
 * end of the window, which some stores include, gets a place of its own.
 */
export function onGrid(name: string, query: string, series: Series[], window: MetricWindow): MetricSet[] {
  const { start, end, step } = window;
  const placeOf = (time: number) => Math.round((time - start) / step);
  const regular = Math.floor((end - start) / step);
  const atEnd = series.some(({ times }) => times.some((time) => placeOf(time) === regular && time <= end));
  const length = regular + (atEnd ? 1 : 0);
  const sets = series.map(({ tags, times, values }) => {
    const grid = Array.from({ length }, () => Number.NaN);
    for (const [i, time] of times.entries()) {
      const place = placeOf(time);
      if (place >= 0 && place < length) grid[place] = values[i] ?? Number.NaN;
    }
    return metricSet(name, query, tags, grid, window);
  });
  return sets.length > 0 ? sets : [metricSet(name, query, {}, [], window)];
}

function metricSet(
  name: string,
  query: string,
  tags: Record<string, string>,
  values: number[],
  { start, end, step }: MetricWindow,
): MetricSet {
  return {
    name,
    tags,
    startTimeMillis: start,
    startTimeIso: new Date(start).toISOString(),
    endTimeMillis: end,
    endTimeIso: new Date(end).toISOString(),
    stepMillis: step,
    values,
    attributes: { query },
  };
}
