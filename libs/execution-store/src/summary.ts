import type { ProjectionRow } from '@gennaker/event-store';
import { type ExecutionEvent, type ExecutionState, isComplete } from '@gennaker/execution';
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

/** What the life of an execution changes; all else is as it was submitted. */
const CHANGING = ['status', 'start_time', 'end_time', 'canceled', 'version'] as const;

const UPSERT = `insert into orca.execution (${COLUMNS.join(', ')})
  select ${COLUMNS.join(', ')} from json_populate_recordset(null::orca.execution, $1)
  on conflict (id) do update set ${CHANGING.map((column) => `${column} = excluded.${column}`).join(', ')}`;

/** The summary row after these events; none where it says the same still. */
export function summaryRow(state: ExecutionState, events: ExecutionEvent[]): ProjectionRow[] {
  // Whoever keeps the view of an execution that has ended learns by the version that it has changed since.
  if (!isComplete(state.status) && !events.some((event) => SUMMARY_EVENTS.has(event.type))) return [];
  const { trigger } = state;
  const parent = trigger['parentExecution'];
  const row: Record<(typeof COLUMNS)[number], string | number | boolean | null> = {
    id: state.id,
    type: state.type,
    application: state.application,
    name: state.name ?? state.description ?? null,
    config_id: state.pipelineConfigId ?? null,
    status: state.status,
    build_time: state.buildTime,
    start_time: state.startTime ?? null,
    end_time: state.endTime ?? null,
    canceled: state.canceled,
    username: state.authentication.user,
    origin: state.origin,
    trigger_type: String(trigger['type'] ?? 'manual'),
    correlation_id: typeof trigger['correlationId'] === 'string' ? trigger['correlationId'] : null,
    parent_id: isObject(parent) && typeof parent['id'] === 'string' ? parent['id'] : null,
    max_concurrent: state.maxConcurrentExecutions,
    limit_concurrent: state.limitConcurrent,
    version: state.version,
  };
  return [{ text: UPSERT, row }];
}
