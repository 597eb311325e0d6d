import type { ExecutionEvent } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';

/** Seals what Secrets hold in a value; `unevaluated` leaves expressions alone. */
export type Seal = <T>(value: T, application: string, options: { unevaluated: boolean }) => T;

/** Of these events all that they hold is what it will be. */
const EVALUATED = new Set<ExecutionEvent['type']>([
  'StageCompleted',
  'StageCleanUpCompleted',
  'TaskProgressed',
  'TaskCompleted',
]);

/** An event as it may be kept: without what manifests of Secrets hold. */
export function sealedEvent(event: ExecutionEvent, application: string, seal: Seal): ExecutionEvent {
  const unevaluated = !EVALUATED.has(event.type);
  const data = seal(event.data as JsonObject, application, { unevaluated });
  // A plan says what a stage's expressions came to; stages that it adds have theirs before them.
  const { context } = data;
  const evaluated = event.type === 'StagePlanned' && context !== undefined;
  const sealed = evaluated ? { ...data, context: seal(context, application, { unevaluated: false }) } : data;
  return sealed === event.data ? event : ({ ...event, data: sealed } as ExecutionEvent);
}
