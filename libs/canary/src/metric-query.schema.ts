import { z } from 'zod';

const text = z.string().nullish();
const texts = z.array(z.string()).nullish();
const templates = { customInlineTemplate: text, customFilterTemplate: text };

/**
 * The query of one metric, told apart by `type`, the metric store's name. The three stores that are built in have their
 * fields spelled out; a query for another store is kept as it is, so that a config can be stored, shown and copied
 * wherever it is meant to run.
 */
export const metricQuerySchema = z
  .looseObject({
    type: z.string(),
    serviceType: text,
    metricName: text,
    resourceType: text,
    labelBindings: texts,
    groupByFields: texts,
    metricType: text,
    crossSeriesReducer: text,
    perSeriesAligner: text,
    /** Deprecated in Kayenta, and refused when a query is built. */
    customFilter: text,
    ...templates,
  })
  .describe('Metric query');
export type MetricQuery = z.infer<typeof metricQuerySchema>;
