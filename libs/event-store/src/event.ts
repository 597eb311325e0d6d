/** Who or what caused an event, for audit and for following one request through every service. */
export interface EventMeta {
  /** The user on whose behalf it happened, or the name of the service. */
  actor?: string;
  /** What led to it: a request, a work item, a signal. */
  cause?: string;
  correlationId?: string;
  /** Address that a request came from. */
  from?: string;
  reason?: string;
}

export interface NewEvent {
  type: string;
  data: unknown;
}

/** Place of an event in the order of commits. Compare by `xid`, then by `seq`, both as numbers. */
export interface Position {
  xid: string;
  seq: string;
}

export const START: Position = { xid: '0', seq: '0' };

export interface RecordedEvent<Data = unknown> {
  streamId: string;
  /** 1 for the first event of a stream. */
  version: number;
  type: string;
  data: Data;
  meta: EventMeta;
  /** Milliseconds since the Unix epoch, by the clock of the process that appended it. */
  recordedAt: number;
  position: Position;
}

/** A part of the system asks for durable work: an open row until the append that records its result closes it. */
export interface NewWorkItem {
  id: string;
  queue: string;
  kind: string;
  payload?: unknown;
  /** What a halt or a fair share goes by. */
  application?: string;
  account?: string;
  /** Id of the pipeline's configuration. */
  pipeline?: string;
  /** Milliseconds since the Unix epoch. Default: now. */
  dueAt?: number;
  /**
   * The appending worker keeps the item for itself and carries on, instead of sending it through the queue. A halt may
   * refuse it: see `refused` of the append's result.
   */
  claim?: { by: string; leaseMs: number };
}

export interface SqlStatement {
  /** One data-modifying statement with `$1`-style parameters, numbered from 1. */
  text: string;
  values: unknown[];
}

/** A row that a projection should hold. Rows of the same statement are written together. */
export interface ProjectionRow {
  /**
   * One data-modifying statement over `json_populate_recordset(null::some.table, $1)`, or the like: `$1` is the JSON
   * array of the rows. Two streams never write the same row.
   */
  text: string;
  row: object;
}

export interface AppendRequest {
  stream: string;
  /** Version of the last event that the decision saw; 0 for a new stream. */
  expectedVersion: number;
  events: NewEvent[];
  meta?: EventMeta;
  workItems?: WorkItemChanges;
  /** Projection rows that commit together with the events. */
  projections?: ProjectionRow[];
  /** Other writes that commit together with the events. An append with such does not share its transaction. */
  statements?: SqlStatement[];
}

export interface WorkItemChanges {
  open?: NewWorkItem[];
  /** Ids of items whose result these events record. */
  close?: string[];
  /** Ids of items, of any stream, that should run now because what they wait for has happened. */
  wake?: string[];
  /** Claimed items that go on later: the step these events record was not their last. */
  reschedule?: RescheduledItem[];
}

export interface RescheduledItem {
  id: string;
  /** The claim's epoch: a worker that has lost its claim changes nothing. */
  epoch: number;
  /** `wakes` as they were when the item was claimed. */
  seenWakes: number;
  /** Milliseconds since the Unix epoch. */
  dueAt: number;
}
