import { isObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';

/** Prefix of every annotation that sets how a simulated workload behaves. */
export const PREFIX = 'playground.gennaker.io/';

/** How a pod behaves, read from its annotations. Durations are in milliseconds. */
export interface Behaviour {
  startDelay: number;
  readyDelay: number;
  stopDelay: number;
  neverReady: boolean;
  unreadyAfter: number | undefined;
  imagePullError: boolean;
  /** How many times a container crashes before it stays up; Infinity for ever, 0 never. */
  crashes: number;
  crashAfter: number;
  crashBackoff: number;
  crashMessage: string;
  exitCode: number;
  crashReason: string;
  /** How many pods of a Job fail before one succeeds. */
  jobFails: number;
  runDuration: number | undefined;
  unschedulable: string | undefined;
  quota: number | undefined;
  deny: string | undefined;
  logs: string | undefined;
  logEvery: number | undefined;
  container: string | undefined;
  loadBalancerPending: boolean;
}

const DEFAULT_START_DELAY = 300;
const DEFAULT_STOP_DELAY = 100;
const DEFAULT_CRASH_AFTER = 200;
const DEFAULT_CRASH_BACKOFF = 1_000;

const cache = new WeakMap<object, Behaviour>();
const NONE: Record<string, string> = {};

/** Reads the annotations of an object. The kubelet copies those of a pod template into each pod. */
export function behaviourOf(object: KubeObject): Behaviour {
  const annotations = object.metadata.annotations ?? NONE;
  const known = cache.get(annotations);
  if (known) return known;
  const behaviour = parseBehaviour(annotations);
  cache.set(annotations, behaviour);
  return behaviour;
}

function parseBehaviour(annotations: Record<string, string>): Behaviour {
  const text = (name: string): string | undefined => annotations[PREFIX + name];
  const millis = (name: string, fallback: number): number => parseDuration(text(name)) ?? fallback;
  return {
    startDelay: millis('start-delay', DEFAULT_START_DELAY),
    readyDelay: millis('ready-delay', 0),
    stopDelay: millis('stop-delay', DEFAULT_STOP_DELAY),
    neverReady: text('never-ready') === 'true',
    unreadyAfter: parseDuration(text('unready-after')),
    imagePullError: text('image-pull-error') === 'true',
    crashes: count(text('crash-loop')),
    crashAfter: millis('crash-after', DEFAULT_CRASH_AFTER),
    crashBackoff: millis('crash-backoff', DEFAULT_CRASH_BACKOFF),
    crashMessage: text('crash-message') ?? 'panic: simulated crash',
    crashReason: text('crash-reason') ?? 'Error',
    exitCode: integer(text('exit-code')) ?? 1,
    jobFails: count(text('job-fails')),
    runDuration: parseDuration(text('job-duration') ?? text('run-duration')),
    unschedulable: reason(text('unschedulable'), '3 Insufficient cpu.'),
    quota: integer(text('quota')),
    deny: reason(text('deny'), 'denied by the playground'),
    logs: text('logs'),
    logEvery: parseDuration(text('log-every')),
    container: text('container'),
    loadBalancerPending: text('load-balancer-pending') === 'true',
  };
}

/** `true` gives the default text, any other text is taken as it is. */
function reason(text: string | undefined, fallback: string): string | undefined {
  if (text === undefined || text === 'false') return undefined;
  return text === 'true' || text === '' ? fallback : text;
}

/** `true` means for ever; a number that many times. */
function count(text: string | undefined): number {
  if (text === 'true') return Infinity;
  return integer(text) ?? 0;
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text.trim()) ? Number(text) : undefined;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `300ms`, `3s`, `1m30s`, `2h`; a bare number is seconds. Undefined when it is none of these. */
export function parseDuration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const match of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1_000);
  }
  return total;
}

const INHERITING = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'ReplicationController',
]);

/** The playground's annotations of a workload, for the pods that it makes. The template's own win. */
export function inheritedAnnotations(owner: KubeObject): Record<string, string> {
  if (!INHERITING.has(owner.kind) || !isObject(owner.metadata.annotations)) return {};
  return Object.fromEntries(
    Object.entries(owner.metadata.annotations).filter(
      ([key]) => key.startsWith(PREFIX) && key !== `${PREFIX}deny`,
    ),
  );
}
