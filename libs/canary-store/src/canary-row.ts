import type { CanaryStatus } from '@gennaker/canary';
import type { SqlStatement } from '@gennaker/event-store';

/** What lists need to know of an analysis, or of a run of analyses. */
export interface CanaryRow {
  id: string;
  kind: 'analysis' | 'standalone';
  application: string;
  configId: string | undefined;
  parentId: string | undefined;
  status: CanaryStatus;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** Goes into the commit that opens the stream. */
export function openedRow({
  id,
  kind,
  application,
  configId,
  parentId,
  status,
  at,
}: CanaryRow): SqlStatement {
  return {
    text: `insert into kayenta.canary_execution
             (id, kind, application, canary_config_id, parent_id, status, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [id, kind, application, configId ?? null, parentId ?? null, status, at],
  };
}

/** Keeps the row in step with its stream. */
export function statusRow(id: string, status: CanaryStatus, endedAt: number | undefined): SqlStatement {
  return {
    text: 'update kayenta.canary_execution set status = $2, ended_at = $3 where id = $1',
    values: [id, status, endedAt ?? null],
  };
}
