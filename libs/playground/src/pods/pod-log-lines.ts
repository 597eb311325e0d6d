import type { Container, ContainerStatus, Pod } from '../model/workloads.js';
import { behaviourOf, PREFIX } from './behaviour.js';

export interface LogLine {
  /** Milliseconds since the epoch. */
  time: number;
  text: string;
}

const MAX_PERIODIC_LINES = 10_000;

/** Start and end of the run whose log is asked for; undefined when there was none. */
function spanOf(
  status: ContainerStatus | undefined,
  previous: boolean,
): { from: number; to: number | undefined; crashed: boolean } | undefined {
  const state = previous ? status?.lastState : status?.state;
  const ended =
    state?.terminated ?? (previous ? undefined : state?.running ? undefined : status?.lastState.terminated);
  if (ended) {
    return {
      from: Date.parse(ended.startedAt),
      to: Date.parse(ended.finishedAt),
      crashed: ended.exitCode !== 0,
    };
  }
  return state?.running
    ? { from: Date.parse(state.running.startedAt), to: undefined, crashed: false }
    : undefined;
}

/**
 * The log of one run of a container, as it stands at `now`: what the annotations say and a line about the simulation.
 * A pure function of the pod, so it survives a restart. Undefined when the container has not run.
 */
export function logLines(
  pod: Pod,
  container: Container,
  previous: boolean,
  now: number,
): LogLine[] | undefined {
  const status = pod.status?.containerStatuses?.find((entry) => entry.name === container.name);
  const span = spanOf(status, previous);
  if (!span) return undefined;
  const behaviour = behaviourOf(pod);
  const own = pod.metadata.annotations?.[`${PREFIX}logs.${container.name}`] ?? behaviour.logs;
  const text = own ?? `playground: container ${container.name} runs ${container.image} (simulated)`;
  const lines: LogLine[] = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => ({ time: span.from, text: line }));
  const every = behaviour.logEvery;
  if (every !== undefined && every > 0) {
    const until = Math.min(span.to ?? now, span.from + every * MAX_PERIODIC_LINES);
    for (let tick = 1; span.from + tick * every <= until; tick++) {
      lines.push({ time: span.from + tick * every, text: `playground: tick ${tick}` });
    }
  }
  if (span.crashed && span.to !== undefined) lines.push({ time: span.to, text: behaviour.crashMessage });
  return lines;
}

/** Whether a container will write more: following its log goes on. */
export function isLogOpen(pod: Pod, container: Container): boolean {
  const status = pod.status?.containerStatuses?.find((entry) => entry.name === container.name);
  return status?.state.running !== undefined;
}
