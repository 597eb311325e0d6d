import { UnavailableError } from '@gennaker/kernel';
import { z } from 'zod';
import type { Series } from '../series.js';

const labelsSchema = z.record(z.string(), z.string()).default({});
const pageSchema = z.object({
  timeSeries: z
    .array(
      z.object({
        metric: z.object({ labels: labelsSchema }).default({ labels: {} }),
        resource: z.object({ labels: labelsSchema }).default({ labels: {} }),
        valueType: z.string().optional(),
        points: z
          .array(
            z.object({
              interval: z.object({ endTime: z.string() }),
              value: z.object({
                doubleValue: z.union([z.number(), z.string()]).optional(),
                int64Value: z.union([z.number(), z.string()]).optional(),
                boolValue: z.boolean().optional(),
              }),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
});

const failureSchema = z.object({ error: z.object({ message: z.string(), status: z.string().optional() }) });

/** What an error answer of a Google API says. */
export function googleFailure(body: unknown): string | undefined {
  const failure = failureSchema.safeParse(body);
  if (!failure.success) return undefined;
  const { message, status } = failure.data.error;
  return status === undefined ? message : `${status}: ${message}`;
}

/**
 * One page of a time series list; labels of resource and metric become tags, points come in the order of time.
 *
 * @throws UnavailableError when the answer is not such a page.
 */
export function stackdriverPage(
  body: unknown,
  store: string,
): { series: Series[]; next: string | undefined } {
  const parsed = pageSchema.safeParse(body);
  if (!parsed.success) {
    throw new UnavailableError(
      'kayenta.metric_store_answer',
      `${store} gave an answer that is not a list of time series: ${z.prettifyError(parsed.error).slice(0, 300)}`,
    );
  }
  const { timeSeries, nextPageToken } = parsed.data;
  const series = timeSeries.map(({ metric, resource, points }) => {
    const ascending = [...points].reverse();
    return {
      tags: { ...resource.labels, ...metric.labels },
      times: ascending.map(({ interval }) => Date.parse(interval.endTime)),
      values: ascending.map(({ value }) =>
        Number(value.doubleValue ?? value.int64Value ?? value.boolValue ?? NaN),
      ),
    };
  });
  return { series, next: nextPageToken === '' ? undefined : nextPageToken };
}
