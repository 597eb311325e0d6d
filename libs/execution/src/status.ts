/** Every status of executions, stages and tasks, and every rule about one. Nowhere else are statuses listed. */
export const EXECUTION_STATUSES = [
  'NOT_STARTED',
  'RUNNING',
  'PAUSED',
  'SUSPENDED',
  'BUFFERED',
  'REDIRECT',
  'SUCCEEDED',
  'FAILED_CONTINUE',
  'SKIPPED',
  'STOPPED',
  'TERMINAL',
  'CANCELED',
] as const;

export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

const COMPLETE = new Set<ExecutionStatus>([
  'SUCCEEDED',
  'FAILED_CONTINUE',
  'SKIPPED',
  'STOPPED',
  'TERMINAL',
  'CANCELED',
]);
const HALT = new Set<ExecutionStatus>(['STOPPED', 'TERMINAL', 'CANCELED']);
const FAILURE = new Set<ExecutionStatus>(['FAILED_CONTINUE', 'STOPPED', 'TERMINAL']);
const SUCCESSFUL = new Set<ExecutionStatus>(['SUCCEEDED', 'SKIPPED', 'STOPPED']);
/** What a stage's requisites must be for it to start. */
const PASSED = new Set<ExecutionStatus>(['SUCCEEDED', 'FAILED_CONTINUE', 'SKIPPED']);

/** It has ended, and only a restart changes it. */
export const isComplete = (status: ExecutionStatus): boolean => COMPLETE.has(status);
/** It has ended, and nothing after it may start. */
export const isHalt = (status: ExecutionStatus): boolean => HALT.has(status);
/** It has ended badly; CANCELED is not a failure. */
export const isFailure = (status: ExecutionStatus): boolean => FAILURE.has(status);
export const isSuccessful = (status: ExecutionStatus): boolean => SUCCESSFUL.has(status);
/** What follows it may start. */
export const isPassed = (status: ExecutionStatus): boolean => PASSED.has(status);
/** It has started and not ended. */
export const isActive = (status: ExecutionStatus): boolean =>
  status === 'RUNNING' || status === 'PAUSED' || status === 'SUSPENDED';

export function isExecutionStatus(text: string): text is ExecutionStatus {
  return (EXECUTION_STATUSES as readonly string[]).includes(text);
}
