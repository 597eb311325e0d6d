export { type CommandBy, ExecutionCommands } from './execution-commands.js';
export {
  type ExecutionCursor,
  type ExecutionFilter,
  ExecutionQueries,
  type ExecutionSummary,
} from './execution-queries.js';
export { type ExecutionSearch, type SearchPage } from './execution-search.js';
export {
  type Committed,
  ExecutionStore,
  type ExecutionStoreOptions,
  type SubmitOptions,
  toExecutionEvent,
} from './execution-store.js';
export { lineOf, type Line } from './line.js';
export { type LockPlace, type LockRequest, Locks } from './locks.js';
export type { Decision } from './merged-decision.js';
export { StrandedExecutions } from './stranded-executions.js';
export { orcaMigrations } from './orca-migrations.js';
