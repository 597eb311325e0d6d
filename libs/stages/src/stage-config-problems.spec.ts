import { describe, expect, it } from 'vitest';
import { stageConfigProblems } from './stage-config-problems.js';
import { StageRegistry } from './stage-registry.js';
import { STAGES } from './stages.js';

const registry = new StageRegistry(STAGES);
const check = (stage: object, rules = {}) => stageConfigProblems([stage], registry, rules);
const deploy = { type: 'deployManifest', cloudProvider: 'kubernetes', account: 'prod' };

describe('the fields of a stage', () => {
  it('are checked by the schema of its type, with their path', () => {
    expect(check({ type: 'wait', waitTime: 'soon' })).toEqual([
      { path: 'stages[0].waitTime', message: 'must be a number' },
    ]);
  });

  it('have a policy of retries that can be followed, whatever the type', () => {
    const paths = (retry: unknown) => check({ type: 'wait', retry }).map(({ path }) => path);
    expect(paths({ attempts: 3, backoff: 5 })).toEqual([]);
    expect(paths({ attempts: '${parameters.times}', backoff: { seconds: '5', factor: 2 } })).toEqual([]);
    expect(paths({ attempts: 'x' })).toEqual(['stages[0].retry.attempts']);
    expect(paths({ attempts: 0 })).toEqual(['stages[0].retry.attempts']);
    expect(paths({ attempts: 2, backoff: 'soon' })).toEqual(['stages[0].retry.backoff']);
    expect(paths(3)).toEqual(['stages[0].retry']);
  });

  it('are told of in plain words', () => {
    const told = (stage: object) => check(stage).map(({ message }) => message);
    expect(told({ type: 'waitUntil' })).toEqual(['must be a number']);
    expect(told({ type: 'checkPreconditions', preconditions: 'x' })).toEqual(['must be a list']);
    expect(told({ type: 'restrictExecutionDuringTimeWindow' })).toEqual(['must be set']);
    expect(told({ type: 'restrictExecutionDuringTimeWindow', restrictedExecutionWindow: 1 })).toEqual([
      'must be an object',
    ]);
    expect(told({ type: 'manualJudgment', approverMustDiffer: 1 })).toEqual(['must be true or false']);
  });

  it('may hold expressions, which are not judged before they are evaluated', () => {
    expect(check({ type: 'wait', waitTime: '${parameters.seconds}' })).toEqual([]);
    expect(check({ ...deploy, manifests: '${#readAllYaml(text)}' })).toEqual([]);
    expect(check({ ...deploy, manifests: ['${manifest}'] })).toEqual([]);
  });

  it('tell a manifest that is not one', () => {
    expect(check({ ...deploy, manifests: ['not a manifest'] })[0]?.path).toBe('stages[0].manifests[0]');
    expect(check({ ...deploy, manifests: [{ kind: 'Pod' }] })[0]?.path).toBe(
      'stages[0].manifests[0].apiVersion',
    );
    expect(check({ ...deploy, manifests: { kind: 'Pod' } })[0]?.message).toBe('must be a list of manifests');
  });

  it('tell an account that does not exist', () => {
    const rules = { accounts: new Set(['test']) };
    expect(check(deploy, rules)).toEqual([
      { path: 'stages[0].account', message: 'there is no account "prod"; GET /credentials lists them' },
    ]);
    expect(check({ ...deploy, account: '${trigger.account}' }, rules)).toEqual([]);
    expect(check({ ...deploy, account: 'test' }, rules)).toEqual([]);
  });

  it('tell an account that does not exist also where the stage names no provider, if it is a stage of clouds', () => {
    const rules = { accounts: new Set(['test']) };
    const { cloudProvider: _kubernetes, ...bare } = deploy;
    expect(check(bare, rules)).toMatchObject([{ path: 'stages[0].account' }]);
    expect(check({ type: 'noop', account: 'prod' }, rules)).toEqual([]);
    expect(check({ ...deploy, cloudProvider: 'aws' }, rules)).toEqual([]);
  });
});
