import { readFileSync } from 'node:fs';

/**
 * A process beyond doubt: a pid alone is handed out again after the process ends, a pid with its start time and the
 * machine's boot is not.
 */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot, as /proc/<pid>/stat gives them. */
  startTicks: string;
  bootId: string;
}

/** Who `pid` is now, or undefined when no such process runs (a zombie does not run). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command name in brackets may hold blanks and brackets itself: count fields from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[19];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
  return { pid, startTicks, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
}

export function isRunning(identity: ProcessIdentity): boolean {
  const current = identifyProcess(identity.pid);
  return current?.startTicks === identity.startTicks && current.bootId === identity.bootId;
}

/** Reads what `JSON.stringify` made of an identity; undefined for anything else, such as a file cut short. */
export function parseProcessIdentity(text: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTicks, bootId } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string')
    return undefined;
  return { pid, startTicks, bootId };
}
