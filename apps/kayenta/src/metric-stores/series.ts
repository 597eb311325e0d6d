import type { MetricSet } from '@gennaker/canary';
import type { MetricWindow } from './metric-store.js';

/** Numbers in a row, packed or not. */
export type Column = ArrayLike<number> & Iterable<number>;

/** A series as a store gave it: times in milliseconds since the Unix epoch, ascending, each with its value. */
export interface Series {
  tags: Record<string, string>;
  times: Column;
  values: Column;
}

/**
 * Puts series onto the grid of the window, NaN where there is no point, so that the same index is the same minute on both
 * sides whatever is missing. A point that lies between two places of the grid goes to the nearer one. A point at the very
 * end of the window, which some stores include, gets a place of its own.
 */
export function onGrid(name: string, query: string, series: Series[], window: MetricWindow): MetricSet[] {
  const { start, end, step } = window;
  const regular = Math.floor((end - start) / step);
  const length = series.some(({ times }) => hasPointAtEnd(times, window, regular)) ? regular + 1 : regular;
  const sets = series.map(({ tags, times, values }) => {
    const grid = Array<number>(length).fill(Number.NaN);
    for (let i = 0; i < times.length; i++) {
      const place = Math.round((times[i]! - start) / step);
      if (place >= 0 && place < length) grid[place] = values[i] ?? Number.NaN;
    }
    return metricSet(name, query, tags, grid, window);
  });
  return sets.length > 0 ? sets : [metricSet(name, query, {}, [], window)];
}

/** Whether a point lies at the very end: the last one, or the last but those beyond the window. */
function hasPointAtEnd(times: Column, { start, end, step }: MetricWindow, regular: number): boolean {
  for (let i = times.length - 1; i >= 0; i--) {
    const place = Math.round((times[i]! - start) / step);
    if (place < regular) return false;
    if (place === regular && times[i]! <= end) return true;
  }
  return false;
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
