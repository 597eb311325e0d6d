import { readFileSync } from 'node:fs';
import { type ExecutionEvent, recheck, replay, stagesOf } from '@gennaker/execution';
import { describe, expect, it } from 'vitest';
import { simulate, summaryOf } from './simulate.js';
import type { SimulationRequest } from './simulation-request.js';

interface Scenario {
  id: string;
  what: string;
  request: SimulationRequest;
  expected: {
    execution: string;
    stages?: Record<string, string>;
    runs?: Record<string, Record<string, number>>;
    cleanUps?: string[];
    started?: string[];
    refusals?: number[];
    view?: object;
    outputs?: Record<string, object>;
  };
}

const scenarios = JSON.parse(
  readFileSync(new URL('./__fixtures__/scenarios.json', import.meta.url), 'utf8'),
) as Scenario[];

function outputsOf(events: ExecutionEvent[]): Record<string, object> {
  return Object.fromEntries(stagesOf(replay(events)!).map(({ refId, outputs }) => [refId, outputs]));
}

describe('an execution', () => {
  it.each(scenarios.map((scenario) => [`${scenario.id}: ${scenario.what}`, scenario] as const))(
    '%s',
    async (_title, { request, expected }) => {
      const result = await simulate(request, { now: Date.UTC(2026, 0, 5, 12) });
      expect(summaryOf(result)).toMatchObject({
        execution: expected.execution,
        stages: expected.stages ?? {},
      });
      if (expected.runs !== undefined) expect(result.runs).toMatchObject(expected.runs);
      if (expected.cleanUps !== undefined) expect(result.cleanUps).toEqual(expected.cleanUps);
      if (expected.view !== undefined) expect(result.execution).toMatchObject(expected.view);
      if (expected.outputs !== undefined) expect(outputsOf(result.events)).toEqual(expected.outputs);
      if (expected.refusals !== undefined)
        expect(result.refusals.map(({ status }) => status)).toEqual(expected.refusals);
      if (expected.started !== undefined) {
        const started = result.order.filter(({ event }) => event === 'start').map(({ refId }) => refId);
        expect(started).toEqual(expected.started);
      }
    },
  );

  it.each(scenarios.map((scenario) => [scenario.id, scenario] as const))(
    'of %s is decided again as it was, from its events alone',
    async (_id, { request }) => {
      const { events } = await simulate(request, { now: Date.UTC(2026, 0, 5, 12) });
      expect(recheck(JSON.parse(JSON.stringify(events)) as ExecutionEvent[])).toBeUndefined();
    },
  );
});

describe('deciding again', () => {
  it('tells where the code of today would decide otherwise', async () => {
    const { events } = await simulate(
      { pipeline: { application: 'app', stages: [{ type: 'noop' }, { type: 'noop' }] } },
      { now: 0 },
    );
    const changed = events.map((event) =>
      event.type === 'StageCompleted'
        ? { ...event, data: { ...event.data, status: 'SKIPPED' as const } }
        : event,
    );
    expect(recheck(changed)).toMatchObject({ recorded: expect.stringContaining('SKIPPED') as string });
  });
});
