import type { CanaryConfig } from './canary-config.schema.js';
import { escapeTemplate } from './template.js';

/** Templates as they are kept with an analysis: out of reach of a pipeline's expressions. */
export function escapeConfigTemplates(config: CanaryConfig): CanaryConfig {
  return {
    ...config,
    templates:
      config.templates &&
      Object.fromEntries(
        Object.entries(config.templates).map(([name, text]) => [name, escapeTemplate(text)]),
      ),
    metrics: config.metrics?.map((metric) => {
      const { query } = metric;
      if (query?.customInlineTemplate == null) return metric;
      return {
        ...metric,
        query: { ...query, customInlineTemplate: escapeTemplate(query.customInlineTemplate) },
      };
    }),
  };
}
