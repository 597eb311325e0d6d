/** The moments in a work item's life at which a process may die. The drill kills workers at each of them. */
export const FAULT_POINTS = [
  /** The row is ours; nothing has been done. */
  'work.claimed',
  /** The handler has done its work and committed what came of it. */
  'work.handled',
  /** A handler has failed; the item is not given back yet. */
  'work.failed',
  /** A decision is made; nothing is committed. */
  'journal.before-append',
  /** Everything is committed; nobody has been told. */
  'journal.after-append',
  /** An effect on the outside world has happened; nothing is recorded. */
  'effect.done',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

let listener: ((point: FaultPoint) => void) | undefined;

/** Calls `reached` at every fault point of this process. For drills only. */
export function onFaultPoint(reached: (point: FaultPoint) => void): void {
  listener = reached;
}

/** Says that a fault point is reached. Costs nothing when nobody listens. */
export function faultPoint(point: FaultPoint): void {
  listener?.(point);
}
