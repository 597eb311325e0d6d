import type { ResourceSummary } from '../resource-row.js';

export type HealthState = 'Up' | 'Down' | 'Unknown' | 'Starting' | 'OutOfService' | 'Succeeded' | 'Failed';

export interface Health {
  state: HealthState;
  source: string;
  type: string;
  healthClass: 'platform';
}

export interface InstanceCounts {
  total: number;
  up: number;
  down: number;
  unknown: number;
  outOfService: number;
  starting: number;
}

/** One health for the pod's phase, one for each of its containers. */
export function podHealth(summary: ResourceSummary): Health[] {
  const phase = (summary.phase ?? '').toLowerCase();
  const pod: Health = {
    state: phase === 'running' ? 'Up' : phase === 'pending' ? 'Down' : 'Unknown',
    source: 'Pod',
    type: 'kubernetes/pod',
    healthClass: 'platform',
  };
  const containers = (summary.containers ?? []).map(({ name, ready }): Health => ({
    state: ready ? 'Up' : 'Down',
    source: `Container ${name}`,
    type: 'kubernetes/container',
    healthClass: 'platform',
  }));
  return [pod, ...containers];
}

const WORST_FIRST: HealthState[] = ['Succeeded', 'Starting', 'Down', 'Failed', 'OutOfService', 'Unknown'];

/** Up when everything that is known is up; else the first state of Spinnaker's order that occurs. */
export function overallHealth(health: readonly Health[]): HealthState {
  const known = health.filter(({ state }) => state !== 'Unknown');
  if (known.length > 0 && known.every(({ state }) => state === 'Up')) return 'Up';
  return WORST_FIRST.find((state) => health.some((h) => h.state === state)) ?? 'Unknown';
}

export function countInstances(states: readonly HealthState[]): InstanceCounts {
  const count = (...wanted: HealthState[]): number => states.filter((state) => wanted.includes(state)).length;
  return {
    total: states.length,
    up: count('Up'),
    down: count('Down'),
    unknown: count('Unknown', 'Succeeded', 'Failed'),
    outOfService: count('OutOfService'),
    starting: count('Starting'),
  };
}
