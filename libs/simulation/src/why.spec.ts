import { explainStage, replay } from '@gennaker/execution';
import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.js';
import type { SimulationRequest } from './simulation-request.js';

const NOW = Date.UTC(2026, 0, 5, 12);

async function why(request: SimulationRequest, refId: string, upTo?: number) {
  const { events } = await simulate(request, { now: NOW, user: 'ann' });
  const recorded = events.slice(0, upTo).map((event, index) => ({
    version: index + 1,
    event,
    actor: 'ann',
    recordedAt: NOW + index,
  }));
  const state = replay(recorded.map(({ event }) => event))!;
  const stage = Object.values(state.stages).find((one) => one.refId === refId)!;
  const { because, ...rest } = explainStage(state, stage.id, recorded);
  return {
    ...rest,
    because: because.map(({ text }) => text),
    versions: because.map(({ version }) => version),
  };
}

const pipeline = {
  application: 'app',
  stages: [
    { refId: '1', type: 'manualJudgment', name: 'Ask' },
    { refId: '2', type: 'deploy', name: 'Deploy', requisiteStageRefIds: ['1'] },
    { refId: '3', type: 'deploy', name: 'Elsewhere' },
    { refId: '4', type: 'deploy', name: 'After', requisiteStageRefIds: ['2'] },
  ],
};
const request: SimulationRequest = {
  pipeline,
  stageTypes: { deploy: { tasks: ['deploy'] } },
  outcomes: { '2': [{ error: 'no quota' }] },
  operations: [{ op: 'judge', stage: '1', judgment: 'continue', at: 1_000, user: 'bob' }],
};

describe('why a stage is in its state', () => {
  it('is the chain from the trigger over the approval to what its task gave', async () => {
    const { stage, because, waitsFor, versions } = await why(request, '2');
    expect([stage, waitsFor]).toMatchObject([
      { refId: '2', name: 'Deploy', status: 'TERMINAL', attempt: 1 },
      [],
    ]);
    const chain = [
      /^triggered by manual \(ann/,
      /^bob judged Ask: continue/,
      /^Ask, which it requires, ended SUCCEEDED/,
      /^Deploy started/,
      /^task 1 of Deploy started \(work item/,
      /^task 1 of Deploy gave TERMINAL.*no quota|^task 1 of Deploy gave TERMINAL/,
      /^Deploy ended TERMINAL/,
    ];
    const places = chain.map((pattern) => because.findIndex((text) => pattern.test(text)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(because.join('\n')).not.toContain('Elsewhere');
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it('is what it waits for, while it has not started', async () => {
    const { stage, waitsFor } = await why(request, '4', 2);
    expect([stage.status, waitsFor]).toMatchObject(['NOT_STARTED', [{ refId: '2', status: 'NOT_STARTED' }]]);
  });
});
