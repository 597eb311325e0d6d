import { describe, expect, it } from 'vitest';
import { countInstances, overallHealth, podHealth } from './instance-health.js';
import { targetServerGroup } from './target-server-group.js';

const group = (name: string, createdTime: number, total: number, disabled = false) => ({
  name,
  createdTime,
  disabled,
  instanceCounts: { total },
});
const all = [group('b', 20, 3), group('a', 10, 5), group('c', 30, 5, true)];

describe('a dynamic target', () => {
  it.each([
    ['CURRENT', {}, 'c'],
    ['current_asg_dynamic', {}, 'c'],
    ['PREVIOUS', {}, 'b'],
    ['ANCESTOR', { onlyEnabled: true }, 'a'],
    ['OLDEST', {}, 'a'],
    ['LARGEST', {}, 'c'],
    ['LARGEST', { onlyEnabled: true }, 'a'],
  ])('%s with %j is %s', (target, options, name) => {
    expect(targetServerGroup(all, target, options).name).toBe(name);
  });

  it('needs two for the oldest, unless told otherwise', () => {
    expect(() => targetServerGroup(all.slice(0, 1), 'OLDEST')).toThrow(/no server group/);
    expect(targetServerGroup(all.slice(0, 1), 'OLDEST', { validateOldest: false }).name).toBe('b');
  });

  it('FAIL wants exactly one', () => {
    expect(targetServerGroup(all.slice(0, 1), 'FAIL').name).toBe('b');
    expect(() => targetServerGroup(all, 'FAIL')).toThrow(/wants one/);
  });

  it('is refused when it is unknown', () => {
    expect(() => targetServerGroup(all, 'BEST')).toThrow(/not one of CURRENT/);
  });
});

describe('the health of a pod', () => {
  const pod = (phase: string, ...ready: boolean[]) =>
    overallHealth(podHealth({ phase, containers: ready.map((r, i) => ({ name: `c${i}`, ready: r })) }));

  it.each([
    ['Running', [true, true], 'Up'],
    ['Running', [true, false], 'Down'],
    ['Running', [], 'Up'],
    ['Pending', [], 'Down'],
    ['Succeeded', [], 'Unknown'],
    ['', [], 'Unknown'],
  ])('in phase %s with containers %j is %s', (phase, ready, state) => {
    expect(pod(phase, ...ready)).toBe(state);
  });

  it('is counted by state', () => {
    expect(countInstances(['Up', 'Up', 'Down', 'Unknown'])).toEqual({
      total: 4,
      up: 2,
      down: 1,
      unknown: 1,
      outOfService: 0,
      starting: 0,
    });
  });
});
