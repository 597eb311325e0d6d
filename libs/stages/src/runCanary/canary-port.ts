import type { CanaryExecutionRequest } from '@gennaker/canary';

/** What an analysis has come to, as far as a stage needs to know. */
export interface CanaryOutcome {
  status: 'NOT_STARTED' | 'RUNNING' | 'SUCCEEDED' | 'TERMINAL' | 'CANCELED';
  score?: number;
  /** The judge's result as JSON: verdict of every metric, groups, score. */
  judgeResult?: unknown;
  metricSetPairListId?: string;
  /** In words, when it failed. */
  error?: string;
  /** Milliseconds since the Unix epoch. */
  endTime?: number;
  /** Length of the window as an ISO-8601 duration. */
  duration?: string;
  warnings: string[];
}

export interface CanaryCommand {
  /** The asking work item: asking twice asks once. */
  id: string;
  application: string;
  user: string;
  executionId: string;
  canaryConfigId: string;
  request: CanaryExecutionRequest;
  metricsAccountName?: string;
  storageAccountName?: string;
  configurationAccountName?: string;
}

/** The metrics judge. The asking work item is woken when an analysis ends. */
export interface CanaryPort {
  /** @throws NotFoundError, ConflictError when not exactly one config has the name */
  configIdOf(name: string, application: string): Promise<string>;
  /** @throws NotFoundError, InvalidInputError for what is wrong with config or request */
  request(command: CanaryCommand): Promise<void>;
  find(id: string): Promise<CanaryOutcome | undefined>;
  cancel(id: string, by: { user: string; reason?: string }): Promise<void>;
}
