import { InvalidInputError, UnavailableError } from '@gennaker/kernel';
import { z } from 'zod';
import type { Series } from '../series.js';

const answerSchema = z.object({
  status: z.string().optional(),
  error: z.string().nullish(),
  group_by: z.array(z.string()).nullish(),
  series: z
    .array(
      z.object({
        tag_set: z.array(z.string()).nullish(),
        interval: z.number().nullish(),
        pointlist: z.array(z.tuple([z.number(), z.number().nullable()]).rest(z.unknown())),
      }),
    )
    .default([]),
});

const failureSchema = z.object({ errors: z.array(z.string()).optional(), error: z.string().optional() });

/** What an error answer of Datadog says. */
export function datadogFailure(body: unknown): string | undefined {
  const failure = failureSchema.safeParse(body);
  if (!failure.success) return undefined;
  return failure.data.errors?.join('; ') ?? failure.data.error;
}

export interface DatadogSeries extends Series {
  /** Milliseconds between two points. */
  interval: number | undefined;
}

/**
 * The series of a query. Absent and null points are left out; the tags that the query groups by tell several series apart.
 *
 * @throws InvalidInputError when Datadog refuses the query, which it may do with status 200.
 */
export function datadogSeries(body: unknown, store: string): DatadogSeries[] {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) {
    throw new UnavailableError(
      'kayenta.metric_store_answer',
      `${store} gave an answer that is not the result of a query: ${z.prettifyError(parsed.error).slice(0, 300)}`,
    );
  }
  const { status, error, series } = parsed.data;
  if (status === 'error' || (error != null && error !== '')) {
    throw new InvalidInputError(
      'kayenta.query_refused',
      `${store} refused the query: ${error ?? 'no reason given'}`,
    );
  }
  return series.map(({ tag_set, interval, pointlist }) => {
    const times = pointlist.map(([time]) => time);
    return {
      tags: series.length > 1 || (parsed.data.group_by?.length ?? 0) > 0 ? tagsOf(tag_set ?? []) : {},
      times,
      values: pointlist.map(([, value]) => value ?? Number.NaN),
      interval: intervalMs(interval ?? undefined, times),
    };
  });
}

/** `key:value`; the value may hold colons. */
function tagsOf(tagSet: string[]): Record<string, string> {
  return Object.fromEntries(
    tagSet.map((tag) => {
      const colon = tag.indexOf(':');
      return colon < 0 ? [tag, ''] : [tag.slice(0, colon), tag.slice(colon + 1)];
    }),
  );
}

/** The interval is given in seconds; the documentation says milliseconds, so the points have the last word. */
function intervalMs(interval: number | undefined, times: number[]): number | undefined {
  if (interval === undefined || interval <= 0) return undefined;
  let gap = Infinity;
  for (let i = 1; i < times.length; i++) gap = Math.min(gap, times[i]! - times[i - 1]!);
  return gap === interval ? interval : interval * 1_000;
}

/** The interval that all series have in common: the smallest. */
export function stepOf(series: DatadogSeries[]): number | undefined {
  const intervals = series.flatMap(({ interval }) => (interval === undefined ? [] : [interval]));
  return intervals.length === 0 ? undefined : Math.min(...intervals);
}
