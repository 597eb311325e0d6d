import { createHash } from 'node:crypto';
import type { AppendRequest, NewWorkItem, SqlStatement } from './event.js';

/** A prepared statement: Postgres plans it once per connection and name. */
export interface PreparedStatement {
  name: string;
  text: string;
  values: unknown[];
}

/**
 * Writes a whole append as one SQL statement, and so as one transaction in one round trip: events, work items and
 * projections are data-modifying CTEs. The primary key (stream, version) is what refuses a stale writer.
 */
export function appendStatement(request: AppendRequest, now: number): PreparedStatement {
  const builder = new CteBuilder();
  addEvents(builder, request, now);
  const { open = [], close = [], wake = [], reschedule = [] } = request.workItems ?? {};
  if (open.length > 0) addOpen(builder, request.stream, open, now);
  if (close.length > 0) builder.add('delete from es.work_item where id = any(?::text[])', [close]);
  const others = wake.filter((id) => !close.includes(id));
  if (others.length > 0) {
    // The hint is sent by whoever appends, right after the commit; the relay need not send another at once.
    builder.addReturning(
      `update es.work_item set due_at = least(due_at, ?::bigint), wakes = wakes + 1, hinted_at = ?::bigint
       where id = any(?::text[]) returning id, queue, due_at, epoch, wakes`,
      [now, now, others],
    );
  }
  for (const item of reschedule) {
    builder.add(RESCHEDULE, [item.seenWakes, now, item.dueAt, item.id, item.epoch]);
  }
  for (const statement of request.statements ?? []) builder.addNumbered(statement);
  return builder.build();
}

/**
 * Puts a claimed item back. A wake that came while it was claimed must not be lost: then it is due at once, whatever
 * the worker asked for. Placeholders: seen wakes, now, due, id, epoch.
 */
export const RESCHEDULE = `update es.work_item
   set due_at = case when wakes > ?::int then ?::bigint else ?::bigint end,
       claimed_until = 0, claimed_by = null, attempts = 0, hinted_at = 0
   where id = ?::text and epoch = ?::int`;

function addEvents(builder: CteBuilder, request: AppendRequest, now: number): void {
  const { stream, expectedVersion, events, meta = {} } = request;
  const guard = expectedVersion === 0 ? '' : ' where es.require_version(?::text, ?::int)';
  builder.add(
    `insert into es.event (stream_id, version, type, data, meta, recorded_at)
     select ?::text, ?::int + n, type, data::json, ?::json, ?::bigint
     from unnest(?::text[], ?::text[]) with ordinality as new(type, data, n)${guard}`,
    [
      stream,
      expectedVersion,
      JSON.stringify(meta),
      now,
      events.map((event) => event.type),
      events.map((event) => JSON.stringify(event.data)),
      ...(expectedVersion === 0 ? [] : [stream, expectedVersion]),
    ],
  );
}

function addOpen(builder: CteBuilder, stream: string, items: NewWorkItem[], now: number): void {
  const column = <T>(pick: (item: NewWorkItem) => T): T[] => items.map(pick);
  builder.add(
    `insert into es.work_item (id, queue, kind, stream_id, payload, application, account, due_at, hinted_at,
                               claimed_by, claimed_until, epoch, attempts)
     select id, queue, kind, ?::text, payload::json, application, account, due_at, ?::bigint, claimed_by,
            case when claimed_by is null then 0 else es.now_ms() + lease end,
            case when claimed_by is null then 0 else 1 end, case when claimed_by is null then 0 else 1 end
     from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::int[])
       as new(id, queue, kind, payload, application, account, due_at, claimed_by, lease)`,
    [
      stream,
      now,
      column((item) => item.id),
      column((item) => item.queue),
      column((item) => item.kind),
      column((item) => JSON.stringify(item.payload ?? {})),
      column((item) => item.application ?? null),
      column((item) => item.account ?? null),
      column((item) => item.dueAt ?? now),
      column((item) => item.claim?.by ?? null),
      column((item) => item.claim?.leaseMs ?? 0),
    ],
  );
}

const names = new Map<string, string>();

/** Joins data-modifying statements into one, numbering their parameters as it goes. */
class CteBuilder {
  private readonly parts: string[] = [];
  private readonly values: unknown[] = [];
  private returning: string | undefined;

  /** `?` stands for the next value. */
  add(text: string, values: unknown[]): void {
    let next = this.values.length;
    this.parts.push(
      text.replace(/\?/g, () => {
        next += 1;
        return `$${next}`;
      }),
    );
    this.values.push(...values);
  }

  /** Like `add`; the rows that this one returns are the rows of the whole. At most one part may do so. */
  addReturning(text: string, values: unknown[]): void {
    this.returning = `c${this.parts.length}`;
    this.add(text, values);
  }

  /** `$1` stands for the statement's own first value. */
  addNumbered({ text, values }: SqlStatement): void {
    const offset = this.values.length;
    this.parts.push(text.replace(/\$(\d+)/g, (_match, digits: string) => `$${Number(digits) + offset}`));
    this.values.push(...values);
  }

  build(): PreparedStatement {
    const ctes = this.parts.map((part, index) => `c${index} as (${part})`);
    const result = this.returning === undefined ? 'select where false' : `select * from ${this.returning}`;
    const text = `with ${ctes.join(',\n')} ${result}`;
    let name = names.get(text);
    if (name === undefined) {
      name = `es-append-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
      // The shapes are few; a caller that generates endless ones only loses the preparation.
      if (names.size < 500) names.set(text, name);
    }
    return { name, text, values: this.values };
  }
}
