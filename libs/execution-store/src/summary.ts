import type { SqlStatement } from '@gennaker/event-store';
import { type ExecutionEvent, type ExecutionState } from '@gennaker/execution';
import { isObject } from '@gennaker/kernel';

/** Events after which an execution's summary row says something else. */
const SUMMARY_EVENTS = new Set<ExecutionEvent['type']>([
  'ExecutionSubmitted',
  'ExecutionStarted',
  'ExecutionCancelRequested',
  'ExecutionPaused',
  'ExecutionResumed',
  'ExecutionCompleted',
  'StageRestarted',
]);

const COLUMNS = [
  'id',
  'type',
  'application',
  'name',
  'config_id',
  'status',
  'build_time',
  'start_time',
  'end_time',
  'canceled',
  'username',
  'origin',
  'trigger_type',
  'correlation_id',
  'parent_id',
  'max_concurrent',
  'limit_concurrent',
  'version',
] as const;

const UPSERT = `insert into orca.execution (${COLUMNS.join(', ')})
  values (${COLUMNS.map((_column, index) => `$${index + 1}`).join(', ')})
  on conflict (id) do update set ${COLUMNS.filter((column) => column !== 'id')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;

/** The write that keeps the summary row in step with these events; none where it says the same still. */
export function summaryStatement(state: ExecutionState, events: ExecutionEvent[]): SqlStatement[] {
  if (!events.some((event) => SUMMARY_EVENTS.has(event.type))) return [];
  const { trigger } = state;
  const parent = trigger['parentExecution'];
  const values = [
    state.id,
    state.type,
    state.application,
    state.name ?? null,
    state.pipelineConfigId ?? null,
    state.status,
    state.buildTime,
    state.startTime ?? null,
    state.endTime ?? null,
    state.canceled,
    state.authentication.user,
    state.origin,
    String(trigger['type'] ?? 'manual'),
    typeof trigger['correlationId'] === 'string' ? trigger['correlationId'] : null,
    isObject(parent) && typeof parent['id'] === 'string' ? parent['id'] : null,
    state.maxConcurrentExecutions,
    state.limitConcurrent,
    state.version,
  ];
  return [{ text: UPSERT, values }];
}
