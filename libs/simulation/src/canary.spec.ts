import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.js';
import type { SimulationRequest } from './simulation-request.js';

const NOW = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;

/** A canary of half an hour that is judged every ten minutes after a warm-up of five. */
function canary(changes: object = {}): SimulationRequest['pipeline'] {
  return {
    application: 'shop',
    stages: [
      {
        refId: '1',
        type: 'kayentaCanary',
        name: 'Canary',
        analysisType: 'realTime',
        canaryConfig: {
          canaryConfigId: 'latency',
          scopes: [{ scopeName: 'default', controlScope: 'base', experimentScope: 'canary', step: 60 }],
          scoreThresholds: { pass: '95', marginal: '75' },
          lifetimeDuration: 'PT30M',
          beginCanaryAnalysisAfterMins: '5',
          canaryAnalysisIntervalMins: '10',
          ...changes,
        },
      },
    ],
  };
}

/** The judgements and waits, each with the minute at which it started and ended. */
async function timesOf(request: SimulationRequest) {
  const result = await simulate(request, { now: NOW });
  const open = new Map<string, number>();
  const times: [string, number, number][] = [];
  for (const { name, event, at } of result.order) {
    const minute = (at - NOW) / MINUTE;
    if (event === 'start') open.set(name, minute);
    else times.push([name, Math.round(open.get(name) ?? 0), Math.round(minute)]);
  }
  const inner = times.filter(([name]) => /Wait|Run Canary #/.test(name));
  return { result, inner };
}

const scored = (score: number) => ({
  status: 'SUCCEEDED' as const,
  context: { canaryScore: score, judgeResult: { score: { score } } },
});
const windowsOf = (execution: object) =>
  (execution as { stages: { name: string; context: Record<string, unknown> }[] }).stages
    .filter(({ name }) => name.startsWith('Run Canary #'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ context }) => {
      const { scopes } = context as { scopes: Record<string, { experimentScope: Record<string, string> }> };
      const { start, end } = scopes['default']!.experimentScope;
      return [start, end].map((time) => (Date.parse(time!) - NOW) / MINUTE);
    });

describe('a canary in real time', () => {
  it('warms up, waits an interval before each judgement, and looks at a growing window', async () => {
    const { result, inner } = await timesOf({
      pipeline: canary(),
      outcomes: { 'Run Canary #1': [scored(90)], 'Run Canary #2': [scored(80)], runCanary: [scored(100)] },
    });
    expect(inner).toEqual([
      ['Warmup Wait', 0, 5],
      ['Interval Wait #1', 5, 15],
      ['Run Canary #1', 15, 15],
      ['Interval Wait #2', 15, 25],
      ['Run Canary #2', 25, 25],
      ['Interval Wait #3', 25, 35],
      ['Run Canary #3', 35, 35],
    ]);
    expect(result.execution['status']).toBe('SUCCEEDED');
    expect(windowsOf(result.execution)).toEqual([
      [5, 15],
      [5, 25],
      [5, 35],
    ]);
  });

  it('looks back as far as it is told', async () => {
    const { result } = await timesOf({
      pipeline: canary({ lookbackMins: '10' }),
      outcomes: { runCanary: [scored(100)] },
    });
    expect(windowsOf(result.execution)).toEqual([
      [5, 15],
      [15, 25],
      [25, 35],
    ]);
  });

  it('goes no further once a judgement has failed', async () => {
    const { result, inner } = await timesOf({
      pipeline: canary(),
      outcomes: {
        'Run Canary #2': [{ status: 'TERMINAL', context: { canaryScore: 10 } }],
        runCanary: [scored(90)],
      },
    });
    expect(inner.at(-1)).toEqual(['Run Canary #2', 25, 25]);
    expect([result.execution['status'], result.finished]).toEqual(['TERMINAL', true]);
  });

  it('stops waiting when it is cancelled', async () => {
    const { result, inner } = await timesOf({
      pipeline: canary(),
      outcomes: { runCanary: [scored(90)] },
      operations: [{ op: 'cancel', at: 20 * MINUTE, user: 'ann' }],
    });
    expect(inner.at(-1)).toEqual(['Interval Wait #2', 15, 20]);
    expect(result.execution['status']).toBe('CANCELED');
  });

  it('judges the past at once', async () => {
    const start = NOW - 30 * MINUTE;
    const scope = {
      scopeName: 'default',
      controlScope: 'base',
      experimentScope: 'canary',
      step: 60,
      startTimeIso: new Date(start).toISOString(),
      endTimeIso: new Date(NOW).toISOString(),
    };
    const { result, inner } = await timesOf({
      pipeline: canary({ scopes: [scope], beginCanaryAnalysisAfterMins: '0', lifetimeDuration: undefined }),
      outcomes: { runCanary: [scored(100)] },
    });
    expect(inner.map(([name, , end]) => [name, end])).toEqual([
      ['Run Canary #1', 0],
      ['Run Canary #2', 0],
      ['Run Canary #3', 0],
    ]);
    expect(windowsOf(result.execution)).toEqual([
      [-30, -20],
      [-30, -10],
      [-30, 0],
    ]);
  });
});
