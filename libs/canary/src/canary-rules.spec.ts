import { describe, expect, it } from 'vitest';
import aggregation from './__fixtures__/kayenta-aggregation.json' with { type: 'json' };
import validation from './__fixtures__/kayenta-config-validation.json' with { type: 'json' };
import intervals from './__fixtures__/kayenta-intervals.json' with { type: 'json' };
import { aggregateScores } from './aggregate-scores.js';
import { canaryConfigSchema } from './canary-config.schema.js';
import {
  editorProblemOf,
  validateCanaryConfig,
  validateExecutionRequest,
} from './canary-config.validation.js';
import { canaryExecutionRequestSchema } from './execution-request.schema.js';
import { planJudgements } from './judgement-windows.js';
import { windowOfScope } from './metric-window.js';

type Json = Record<string, unknown>;
interface Case {
  id: string;
  kind: string;
  input: Json;
  expected: Json;
}
const all = (file: { cases: unknown }) => file.cases as Case[];

describe('the rules for canary configs', () => {
  const bodies = all(validation).filter(
    (c) => c.input['metrics'] !== undefined && c.input['id'] === undefined,
  );
  it.each(bodies)('are those of Kayenta: $id', ({ input, expected }) => {
    const validate = () => validateCanaryConfig(canaryConfigSchema.parse(input));
    if (expected['status'] === 200) expect(validate).not.toThrow();
    else expect(validate).toThrow(String(expected['message']));
  });

  const metric = { name: 'm', query: { type: 'prometheus' }, scopeName: 'default' };
  const config = (changes: Json = {}) =>
    canaryConfigSchema.parse({ name: 'c', applications: ['a'], metrics: [metric], ...changes });
  const request = (changes: Json = {}) =>
    canaryExecutionRequestSchema.parse({
      scopes: { default: {} },
      thresholds: { pass: 95, marginal: 75 },
      ...changes,
    });

  it.each([
    [
      'no metrics',
      config({ metrics: [] }),
      request(),
      "The canary config must specify at least one metric. Otherwise we're not analyzing anything. :)",
    ],
    [
      'no scopes',
      config(),
      request({ scopes: null }),
      'Canary metrics require scopes, but no scopes were provided in the execution request.',
    ],
    [
      'a missing scope',
      config(),
      request({ scopes: { other: {} } }),
      'not provided in the execution request: [default]',
    ],
    [
      'a metric without scope',
      config({ metrics: [{ ...metric, scopeName: null }] }),
      request(),
      "Metric 'm' must have a scopeName",
    ],
    ['no thresholds', config(), request({ thresholds: null }), 'must specify the score thresholds'],
  ])('refuse a request with %s', (_, asked, made, message) => {
    expect(() => validateExecutionRequest(asked, made)).toThrow(message);
  });

  it('tell an editor of mixed metric stores and of weights that do not add up', () => {
    const types = all(validation).find((c) => c.input['metricTypes'] !== undefined)!;
    const metrics = (types.input['metricTypes'] as string[]).map((type) => ({ name: type, query: { type } }));
    expect(editorProblemOf(config({ metrics }))).toBe(types.expected['uiError']);
    expect(editorProblemOf(config({ classifier: { groupWeights: { a: 50, b: 40 } } }))).toContain(
      'must sum to 100',
    );
    expect(editorProblemOf(config({ classifier: { groupWeights: { a: 60, b: 40 } } }))).toBeUndefined();
  });
});

describe('the windows of judgements', () => {
  const MINUTE = 60_000;
  const mins = (range: { start: number; end: number }, now: number) => [
    (range.start - now) / MINUTE,
    (range.end - now) / MINUTE,
  ];

  it.each(all(intervals))('are those of Kayenta: $id', ({ input, expected }) => {
    const at = (key: string) => (input[key] === undefined ? undefined : Number(input[key]) * MINUTE);
    const judgement = Number(input['judgement'] ?? 1);
    const interval = Number(input['intervalMins'] ?? 0);
    const plan = planJudgements({
      now: 0,
      start: at('startOffsetMins'),
      end: at('endOffsetMins'),
      lifetimeMins: Number(input['lifetimeDurationMins'] ?? judgement * interval),
      beginAfterMins: Number(input['beginAfterMins'] ?? 0),
      intervalMins: interval,
      lookbackMins: Number(input['lookbackMins'] ?? 0),
      baselineOffsetMins: 0,
    });
    if (expected['lifetimeMins'] !== undefined) expect(plan.lifetimeMins).toBe(expected['lifetimeMins']);
    if (expected['rangeMins'] !== undefined) {
      expect(mins(plan.judgements[judgement - 1]!.experiment, 0)).toEqual(expected['rangeMins']);
    }
  });

  it('must have a unit that fits', () => {
    const scope = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' };
    expect(windowOfScope({ ...scope, step: 60 }, 's')).toEqual({
      start: Date.UTC(2026),
      end: Date.UTC(2026, 0, 1, 1),
      step: MINUTE,
    });
    expect(() => windowOfScope({ ...scope, step: 60_000 }, 's')).toThrow(
      's.step: is 60000 seconds, longer than the whole window of 3600 seconds',
    );
    expect(() => windowOfScope({ start: '2026-01-01T00:59:30Z', end: scope.end }, 's')).toThrow(
      's.step: is 60 seconds, longer than the whole window of 30 seconds',
    );
    expect(() => windowOfScope({ start: scope.end, end: scope.start }, 's')).toThrow(
      /^s.end: must be after the start$/,
    );
    expect(() => windowOfScope({}, 's')).toThrow('s.start: is required');
  });
});

describe('the verdict on a run', () => {
  it.each(all(aggregation))('is that of Kayenta: $id', ({ input, expected }) => {
    const { passed, message } = aggregateScores(input['finalScore'] as number | null, input);
    expect({ didPassThresholds: passed, message }).toEqual(expected);
  });
});
