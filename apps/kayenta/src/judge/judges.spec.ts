import { JUDGE_NAMES } from '@gennaker/canary';
import { describe, expect, it } from 'vitest';
import { judgeNamed, JUDGES } from './judges.js';

describe('the judges', () => {
  it('are those that other services offer, in the same order', () => {
    expect(JUDGES.map(({ name, visible }) => ({ name, visible }))).toEqual(JUDGE_NAMES);
  });

  it('are found by name, and without one the first', () => {
    expect(judgeNamed('GennakerJudge-v1').name).toBe('GennakerJudge-v1');
    expect(judgeNamed(undefined)).toBe(JUDGES[0]);
    expect(() => judgeNamed('nobody')).toThrow("Unable to resolve canary judge 'nobody'.");
  });
});
