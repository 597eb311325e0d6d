import { UnavailableError } from '@gennaker/kernel';
import { z } from 'zod';
import type { Series } from '../series.js';
import { columnsOf, type Samples } from './prometheus-json.js';

const samplesSchema = z.unknown().transform((values, context): Samples => {
  const samples = columnsOf(values);
  if (samples !== undefined) return samples;
  context.addIssue({ code: 'custom', message: 'must be a list of samples, each a time and a text' });
  return z.NEVER;
});

const matrixSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: samplesSchema })),
  }),
});

const failureSchema = z.object({ error: z.string(), errorType: z.string().optional() });

/** What an error answer of Prometheus says. */
export function prometheusFailure(body: unknown): string | undefined {
  const failure = failureSchema.safeParse(body);
  if (!failure.success) return undefined;
  const { error, errorType } = failure.data;
  return errorType === undefined ? error : `${errorType}: ${error}`;
}

/**
 * The series of a range query, as `parsePrometheus` or JSON.parse has read it. Tags are the labels without the metric's name.
 *
 * @throws UnavailableError when the answer is not one to a range query.
 */
export function prometheusSeries(body: unknown, store: string): Series[] {
  const parsed = matrixSchema.safeParse(body);
  if (!parsed.success) {
    throw new UnavailableError(
      'kayenta.metric_store_answer',
      `${store} gave an answer that is not the result of a range query: ${z.prettifyError(parsed.error).slice(0, 300)}`,
    );
  }
  return parsed.data.data.result.map(({ metric, values: samples }) => {
    const { __name__: _, ...tags } = metric;
    return { tags, ...samples };
  });
}
