/** Points a queue at a row. `token` differs for each state of the row, so that a queue may drop doubles by it. */
export interface WorkItemHint {
  id: string;
  queue: string;
  /** Milliseconds since the Unix epoch. */
  dueAt: number;
  token: string;
}

export interface HintRow {
  id: string;
  queue: string;
  due_at: string;
  epoch: number;
  wakes: number;
}

export function toHint(row: HintRow): WorkItemHint {
  return {
    id: row.id,
    queue: row.queue,
    dueAt: Number(row.due_at),
    token: `${row.id}-${row.epoch}-${row.wakes}`,
  };
}
