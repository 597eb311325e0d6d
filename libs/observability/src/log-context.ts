import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line, outgoing message and event of the current piece of work is marked with. */
export interface LogContext {
  /** One HTTP request, as the client sees it (`X-SPINNAKER-REQUEST-ID`). */
  requestId?: string;
  /** Everything that follows from one request or trigger, across services and queues. */
  correlationId?: string;
  executionId?: string;
  executionType?: string;
  stageId?: string;
  taskId?: string;
  workItemId?: string;
  application?: string;
  account?: string;
  user?: string;
  /** Which service the code belongs to, when several share one process. */
  service?: string;
}

const storage = new AsyncLocalStorage<Readonly<LogContext>>();

const NONE: Readonly<LogContext> = Object.freeze({});

/** The context of the work that is running now; empty outside of any. */
export function currentLogContext(): Readonly<LogContext> {
  return storage.getStore() ?? NONE;
}

/** Runs `work` (and all that it awaits) with `fields` added to the current context. */
export function withLogContext<T>(fields: LogContext, work: () => T): T {
  return storage.run({ ...currentLogContext(), ...fields }, work);
}

/** Starts a fresh context for one request or one work item: nothing is inherited from whoever happens to call. */
export function withFreshLogContext<T>(fields: LogContext, work: () => T): T {
  return storage.run({ ...fields }, work);
}
