import { canaryScopeSchema, escapeTemplate, metricConfigSchema, unescapeTemplate } from '@gennaker/canary';
import { describe, expect, it } from 'vitest';
import cases from './__fixtures__/kayenta-promql.json' with { type: 'json' };
import { datadogQuery } from './datadog/datadog.store.js';
import type { MetricRequest } from './metric-store.js';
import { prometheusQuery } from './prometheus/prometheus-query.js';
import { stackdriverFilter } from './stackdriver/stackdriver-query.js';

interface Case {
  id: string;
  kind: string;
  input: {
    service: string;
    template: string;
    scopeLabel?: string;
    scope: Record<string, unknown>;
    canaryConfig: { templates?: Record<string, string>; metrics: unknown[] };
  };
  expected: { query?: string; throws?: string; template?: string };
}
const all = cases.cases as unknown as Case[];

const BUILDERS: Record<string, (request: MetricRequest, input: Case['input']) => string> = {
  prometheus: (request, input) => prometheusQuery(request, input.scopeLabel ?? 'instance'),
  datadog: (request) => datadogQuery(request),
  stackdriver: (request) => stackdriverFilter(request, 'account-project'),
};

function build(input: Case['input']): string {
  const request = {
    canaryConfig: { templates: input.canaryConfig.templates },
    metric: metricConfigSchema.parse(input.canaryConfig.metrics[0]),
    scope: canaryScopeSchema.parse(input.scope),
  };
  return BUILDERS[input.service]!(request, input);
}

describe('query construction', () => {
  it.each(all.filter((c) => c.kind === 'buildQuery' && c.input.service in BUILDERS))(
    'equals Kayenta on $id',
    ({ input, expected }) => {
      if (expected.throws === undefined) expect(build(input)).toBe(expected.query);
      else expect(() => build(input)).toThrow(expected.throws.replace(/^\w+: /, ''));
    },
  );
});

describe('templates', () => {
  it.each(all.filter((c) => c.kind === 'escapeTemplate'))('are escaped: $id', ({ input, expected }) => {
    expect(escapeTemplate(input.template)).toBe(expected.template);
  });

  it.each(all.filter((c) => c.kind === 'unescapeTemplate'))('are read back: $id', ({ input, expected }) => {
    expect(unescapeTemplate(input.template)).toBe(expected.template);
  });

  const promql = (template: string, extendedScopeParams: Record<string, string> = {}) =>
    prometheusQuery(
      {
        canaryConfig: {},
        metric: { name: 'm', query: { type: 'prometheus', customInlineTemplate: `PromQL:${template}` } },
        scope: { scope: 'app-v1', location: '', extendedScopeParams },
      },
      'instance',
    );

  it('put in values of values, defaults, and leave doubled dollars as text', () => {
    expect(promql('${a}', { a: '<${b}>', b: 'deep' })).toBe('<deep>');
    expect(promql('${missing:-fallback} ${scope:-other}')).toBe('fallback app-v1');
    expect(promql('$${scope} costs $5')).toBe('${scope} costs $5');
    expect(promql('${unfinished')).toBe('${unfinished');
  });

  it('let the extended parameters win over the scope', () => {
    expect(promql('${scope}', { scope: 'mine' })).toBe('mine');
  });

  it('say which variable is unknown, empty or circular', () => {
    expect(() => promql('x${nope}')).toThrow(
      "Problem evaluating custom filter template: PromQL:x${nope}: cannot resolve variable 'nope'",
    );
    expect(() => promql('${location}')).toThrow("cannot resolve variable 'location'");
    expect(() => promql('${a}', { a: '${a}' })).toThrow("variable 'a' refers to itself");
  });

  it('refuse the deprecated custom filter', () => {
    const metric = { name: 'm', query: { type: 'prometheus', metricName: 'm', customFilter: 'x' } };
    expect(() => prometheusQuery({ canaryConfig: {}, metric, scope: {} }, 'instance')).toThrow(
      'customFilter is not supported any more',
    );
  });
});
