import type { NewWorkItem, RescheduledItem, SqlStatement, WorkItem, EventMeta } from '@gennaker/event-store';
import { effectsOf, type ExecutionEvent, type ExecutionState, streamOf } from '@gennaker/execution';
import type { IdGenerator } from '@gennaker/kernel';
import { summaryRow } from './summary.js';

/** What a decision wants to happen, together with its events. */
export interface Decision {
  events: ExecutionEvent[];
  /** Work items to close besides those that the events close by themselves. */
  close?: string[];
  wake?: string[];
  reschedule?: RescheduledItem[];
  /** Items of other queues. */
  open?: NewWorkItem[];
  statements?: SqlStatement[];
  /** Opens an item that lets orchestration carry on from these events. For those who cannot settle themselves. */
  settle?: boolean;
  /** Keeps one of the work items that the events open for the caller. */
  claim?: NonNullable<NewWorkItem['claim']>;
}

/** Several decisions about one execution as one append. */
export class MergedDecision {
  readonly events: ExecutionEvent[] = [];
  private readonly open = new Map<string, NewWorkItem>();
  private readonly close = new Set<string>();
  private readonly wake = new Set<string>();
  private readonly reschedule: RescheduledItem[] = [];
  private readonly statements: SqlStatement[] = [];

  /** Returns the state after the decision, and the ids of the items that were opened for the one who decides. */
  add(
    state: ExecutionState,
    decision: Decision,
    ids: IdGenerator,
  ): { after: ExecutionState; opened: string[] } {
    if (decision.events.length === 0) return { after: state, opened: [] };
    const effects = effectsOf(state, decision.events);
    const { after } = effects;
    for (const id of [...effects.close, ...(decision.close ?? [])]) {
      if (!this.open.delete(id)) this.close.add(id);
    }
    for (const id of [...effects.wake, ...(decision.wake ?? [])]) this.wake.add(id);
    this.reschedule.push(...(decision.reschedule ?? []));
    this.statements.push(...(decision.statements ?? []));
    this.events.push(...decision.events);
    const opened = effects.open.map((item): NewWorkItem => ({
      ...item,
      queue: 'orca',
      ...belongsTo(after, item.payload),
    }));
    const kept = decision.claim && opened.find((item) => item.dueAt === undefined);
    if (kept !== undefined) kept.claim = decision.claim!;
    if (decision.settle === true) {
      opened.push({ id: ids.next(), queue: 'orca', kind: 'settle', ...belongsTo(after) });
    }
    for (const item of [...opened, ...(decision.open ?? [])]) this.open.set(item.id, item);
    return { after, opened: kept === undefined ? [] : [kept.id] };
  }

  toRequest(before: ExecutionState, after: ExecutionState, meta: EventMeta) {
    return {
      stream: streamOf(before.id),
      expectedVersion: before.version,
      events: this.events,
      meta:
        meta.correlationId !== undefined || before.correlationId === undefined
          ? meta
          : { ...meta, correlationId: before.correlationId },
      application: before.application,
      workItems: {
        open: [...this.open.values()],
        close: [...this.close],
        wake: [...this.wake].filter((id) => !this.open.has(id) && !this.close.has(id)),
        reschedule: this.reschedule.filter((item) => !this.close.has(item.id)),
      },
      statements: this.statements,
      projections: summaryRow(after, this.events),
    };
  }

  /** The claimed item, unless a later decision of the same append has closed it again, or a halt has refused it. */
  claimedOf(
    ids: string[],
    state: ExecutionState,
    { now, refused }: { now: number; refused: string[] },
  ): WorkItem | undefined {
    const item = ids.map((id) => this.open.get(id)).find((open) => open?.claim !== undefined);
    if (item === undefined || refused.includes(item.id)) return undefined;
    return {
      id: item.id,
      queue: item.queue,
      kind: item.kind,
      streamId: streamOf(state.id),
      payload: item.payload,
      application: state.application,
      ...(item.account !== undefined && { account: item.account }),
      ...(item.pipeline !== undefined && { pipeline: item.pipeline }),
      dueAt: now,
      epoch: 1,
      wakes: 0,
      attempts: 1,
    };
  }
}

/** Whose work an item is: what a halt and a fair share go by. */
export function belongsTo(
  { application, pipelineConfigId: pipeline, stages }: ExecutionState,
  { stageId }: { stageId?: string } = {},
): Pick<NewWorkItem, 'application' | 'pipeline' | 'account'> {
  const account = stageId === undefined ? undefined : stages[stageId]?.context['account'];
  return {
    application,
    ...(pipeline !== undefined && { pipeline }),
    ...(typeof account === 'string' && { account }),
  };
}
