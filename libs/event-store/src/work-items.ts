import type pg from 'pg';
import { RESCHEDULE } from './append-statement.js';
import type { NewWorkItem } from './event.js';
import type { Queryable } from './event-store.js';
import { halted } from './halted.js';
import { type WorkItemHint, toHint } from './work-item-hint.js';

/** An open work item, claimed by this process. */
export interface WorkItem<Payload = unknown> {
  id: string;
  queue: string;
  kind: string;
  streamId: string;
  payload: Payload;
  application?: string;
  account?: string;
  pipeline?: string;
  /** Milliseconds since the Unix epoch. */
  dueAt: number;
  /** Raised by every claim; a write with an older epoch changes nothing. */
  epoch: number;
  /** How often what it waits for has happened. */
  wakes: number;
  /** Claims since it last made progress. */
  attempts: number;
}

/** An item that could be claimed, and whose it is. */
export interface DueItem {
  id: string;
  /** Empty for work that belongs to no application. */
  application: string;
  dueAt: number;
}

interface WorkItemRow {
  id: string;
  queue: string;
  kind: string;
  stream_id: string;
  payload: unknown;
  application: string | null;
  account: string | null;
  pipeline: string | null;
  due_at: string;
  epoch: number;
  wakes: number;
  attempts: number;
}

const COLUMNS =
  'id, queue, kind, stream_id, payload, application, account, pipeline, due_at, epoch, wakes, attempts';

/** The open work items: who may run one, and when. Closing one is part of the append that records its result. */
export class WorkItems {
  constructor(private readonly pool: pg.Pool) {}

  /**
   * Takes an item that is due and that nobody holds. The lease is counted by Postgres's clock, so that workers need
   * not agree on the time. Undefined when it is closed, not due, held, or halted: all of them normal for a late or
   * doubled hint.
   */
  async claim(id: string, by: string, now: number, leaseMs: number): Promise<WorkItem | undefined> {
    const { rows } = await this.pool.query<WorkItemRow>({
      name: 'es-claim',
      text: `update es.work_item w
             set claimed_until = es.now_ms() + $4::int, claimed_by = $2, epoch = epoch + 1, attempts = attempts + 1
             where id = $1 and due_at <= $3 and claimed_until <= es.now_ms() and not ${halted('w')}
             returning ${COLUMNS}`,
      values: [id, by, now, leaseMs],
    });
    return rows[0] && toWorkItem(rows[0]);
  }

  /**
   * Extends the leases of items that are still held. Returns the ids of those; the others were lost, closed, or have
   * just been put back: a renewal that crosses that must not take them again, for nobody would run them.
   */
  async renew(items: { id: string; epoch: number }[], leaseMs: number): Promise<Set<string>> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'es-renew',
      text: `update es.work_item w set claimed_until = es.now_ms() + $3::int
             from unnest($1::text[], $2::int[]) as mine(id, epoch)
             where w.id = mine.id and w.epoch = mine.epoch and w.claimed_by is not null returning w.id`,
      values: [items.map((item) => item.id), items.map((item) => item.epoch), leaseMs],
    });
    return new Set(rows.map((row) => row.id));
  }

  /**
   * Puts a claimed item back until `dueAt`, or until now if it was woken meanwhile. True in that case: nobody may have
   * been left to hear of the wake.
   */
  async reschedule(item: WorkItem, dueAt: number, now: number): Promise<boolean> {
    let index = 0;
    const text = RESCHEDULE.replace(/\?/g, () => {
      index += 1;
      return `$${index}`;
    });
    const { rows } = await this.pool.query<{ wakes: number }>({
      name: 'es-reschedule',
      text: `${text} returning item.wakes`,
      values: [now, [item.id], [item.epoch], [item.wakes], [dueAt]],
    });
    return (rows[0]?.wakes ?? 0) > item.wakes;
  }

  /** Gives a claimed item back after a failure, to be tried again at `dueAt`. The attempts go on counting. */
  async release(item: WorkItem, dueAt: number): Promise<void> {
    await this.pool.query({
      name: 'es-release',
      text: `update es.work_item set due_at = $3, claimed_until = 0, claimed_by = null, hinted_at = 0
             where id = $1 and epoch = $2`,
      values: [item.id, item.epoch, dueAt],
    });
  }

  /** Closes a claimed item that leaves nothing to record. Items with a result are closed by the append that records it. */
  async close(item: WorkItem): Promise<void> {
    await this.pool.query({
      name: 'es-close',
      text: 'delete from es.work_item where id = $1 and epoch = $2',
      values: [item.id, item.epoch],
    });
  }

  /** Makes items due now. Used where what they wait for is not an event of ours. */
  async wake(ids: string[], now: number, within: Queryable = this.pool): Promise<WorkItemHint[]> {
    const { rows } = await within.query<WorkItemRow>({
      name: 'es-wake',
      text: `update es.work_item set due_at = least(due_at, $2::bigint), wakes = wakes + 1, hinted_at = $2
             where id = any($1::text[]) returning ${COLUMNS}`,
      values: [ids, now],
    });
    return rows.map(toHint);
  }

  /**
   * Rows that are due before `before`, held by nobody, not halted and not hinted since `hintedBefore`; marks them hinted.
   * At most `limit`, the longest due first. The relay's query: it is what makes a lost queue harmless.
   */
  async takeUnhinted(query: {
    queues: string[];
    now: number;
    before: number;
    hintedBefore: number;
    limit: number;
  }): Promise<WorkItemHint[]> {
    const { rows } = await this.pool.query<WorkItemRow>({
      name: 'es-unhinted',
      text: `update es.work_item set hinted_at = $2::bigint
             where id in (
               select id from es.work_item w
               where queue = any($1::text[]) and due_at <= $3 and claimed_until <= es.now_ms() and hinted_at <= $4
                 and not ${halted('w')}
               order by due_at limit $5 for update skip locked)
             returning ${COLUMNS}`,
      values: [query.queues, query.now, query.before, query.hintedBefore, query.limit],
    });
    // An update returns its rows in no order.
    return rows.map(toHint).sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
  }

  /**
   * Work of a queue that could be claimed now: of each application the items that have been due longest, at most
   * `each`. An item without an application counts to one without a name. Looks at as many index entries as it returns,
   * and at one more for each application that has any open work.
   */
  async dueByApplication(query: {
    queue: string;
    now: number;
    each: number;
    limit: number;
  }): Promise<DueItem[]> {
    const { rows } = await this.pool.query<{ id: string; application: string; due_at: string }>({
      name: 'es-due-by-application',
      text: `with recursive app (name) as (
               (select coalesce(application, '') from es.work_item where queue = $1
                order by coalesce(application, '') limit 1)
               union all
               select (select coalesce(w.application, '') from es.work_item w
                       where w.queue = $1 and coalesce(w.application, '') > app.name
                       order by coalesce(w.application, '') limit 1)
               from app where app.name is not null)
             select due.id, app.name as application, due.due_at
             from app cross join lateral (
               select id, due_at from es.work_item w
               where queue = $1 and coalesce(application, '') = app.name and due_at <= $2
                 and claimed_until <= es.now_ms() and not ${halted('w')}
               order by due_at, id limit $3) due
             where app.name is not null order by due.due_at, due.id limit $4`,
      values: [query.queue, query.now, query.each, query.limit],
    });
    return rows.map(({ id, application, due_at }) => ({ id, application, dueAt: Number(due_at) }));
  }

  /**
   * Opens items of a stream that has none, unless it has moved on from `version` meanwhile. For what was lost; an append
   * opens its items itself. The relay hints them. False when there was nothing to do.
   */
  async reopen(
    { stream, version, items }: { stream: string; version: number; items: NewWorkItem[] },
    now: number,
  ): Promise<boolean> {
    const column = <T>(pick: (item: NewWorkItem) => T): T[] => items.map(pick);
    const { rowCount } = await this.pool.query({
      name: 'es-reopen',
      text: `insert into es.work_item (id, queue, kind, stream_id, payload, application, account, pipeline, due_at)
             select id, queue, kind, $1, payload::json, application, account, pipeline, due_at
             from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                         $10::bigint[])
               as lost(id, queue, kind, payload, application, account, pipeline, due_at)
             where not exists (select from es.work_item where stream_id = $1)
               and not exists (select from es.event where stream_id = $1 and version > $2)
             on conflict do nothing`,
      values: [
        stream,
        version,
        column((item) => item.id),
        column((item) => item.queue),
        column((item) => item.kind),
        column((item) => JSON.stringify(item.payload ?? {})),
        column((item) => item.application ?? null),
        column((item) => item.account ?? null),
        column((item) => item.pipeline ?? null),
        column((item) => item.dueAt ?? now),
      ],
    });
    return (rowCount ?? 0) > 0;
  }

  /** The open items of one stream. */
  async openOf(stream: string): Promise<WorkItem[]> {
    const { rows } = await this.pool.query<WorkItemRow>(
      `select ${COLUMNS} from es.work_item where stream_id = $1 order by id`,
      [stream],
    );
    return rows.map(toWorkItem);
  }

  /** Open items by queue and whether they are due: what an operator scales by. */
  async depth(now: number): Promise<{ queue: string; due: number; waiting: number; lagMs: number }[]> {
    const { rows } = await this.pool.query<{
      queue: string;
      due: string;
      waiting: string;
      oldest: string | null;
    }>(
      `select queue, count(*) filter (where due_at <= $1) as due, count(*) filter (where due_at > $1) as waiting,
              min(due_at) filter (where due_at <= $1 and claimed_until <= es.now_ms()) as oldest
       from es.work_item group by queue`,
      [now],
    );
    return rows.map((row) => ({
      queue: row.queue,
      due: Number(row.due),
      waiting: Number(row.waiting),
      lagMs: row.oldest === null ? 0 : Math.max(0, now - Number(row.oldest)),
    }));
  }
}

function toWorkItem(row: WorkItemRow): WorkItem {
  return {
    id: row.id,
    queue: row.queue,
    kind: row.kind,
    streamId: row.stream_id,
    payload: row.payload,
    ...(row.application !== null && { application: row.application }),
    ...(row.account !== null && { account: row.account }),
    ...(row.pipeline !== null && { pipeline: row.pipeline }),
    dueAt: Number(row.due_at),
    epoch: row.epoch,
    wakes: row.wakes,
    attempts: row.attempts,
  };
}
