import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.js';
import type { SimulationRequest } from './simulation-request.js';

const NOW = Date.UTC(2026, 0, 5, 12);
const rules = { selectedStageRoles: ['operator'], requiredApprovals: 2, approverMustDiffer: true };

function judgment(operations: SimulationRequest['operations']) {
  const stages = [{ refId: '1', type: 'manualJudgment', name: 'Ask', ...rules }];
  return simulate({ pipeline: { application: 'shop', stages }, operations }, { now: NOW, user: 'ann' });
}

describe('the rules of a judgment', () => {
  it.each([
    ['selectedStageRoles', []],
    ['requiredJudgmentRoles', ['dev']],
    ['requiredApprovals', 1],
    ['approverMustDiffer', false],
    ['propagateAuthenticationContext', true],
    ['alias', 'wait'],
    ['judgments', [{ user: 'eve', judgmentStatus: 'continue', at: NOW }]],
  ])('cannot be changed while it waits: %s', async (field, value) => {
    const { refusals } = await judgment([
      { op: 'patch', stage: '1', context: { [field]: value }, at: 1_000, user: 'bob' },
    ]);
    expect(refusals).toMatchObject([{ op: 'patch', status: 400, message: expect.stringContaining(field) }]);
  });

  it('hold for a stage that is one by its alias', async () => {
    const stage = { refId: '1', type: 'wait', alias: 'manualJudgment', name: 'Ask', ...rules };
    const { refusals } = await simulate(
      {
        pipeline: { application: 'shop', stages: [stage] },
        operations: [
          { op: 'judge', stage: '1', judgment: 'continue', at: 1_000, user: 'bob', roles: ['dev'] },
        ],
      },
      { now: NOW, user: 'ann' },
    );
    expect(refusals).toMatchObject([{ op: 'judge', status: 403 }]);
  });

  it('may come along with an answer, as they are', async () => {
    const roles = ['operator'];
    const { refusals, execution } = await judgment([
      { op: 'patch', stage: '1', context: { ...rules, note: 'seen' }, at: 1_000, user: 'bob' },
      { op: 'judge', stage: '1', judgment: 'continue', at: 2_000, user: 'bob', roles },
      { op: 'judge', stage: '1', judgment: 'continue', at: 3_000, user: 'cid', roles },
    ]);
    expect(refusals).toEqual([]);
    expect(execution).toMatchObject({ status: 'SUCCEEDED', stages: [{ context: { note: 'seen' } }] });
  });
});
