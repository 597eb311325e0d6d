import { createHash } from 'node:crypto';
import type { SqlStatement } from './event.js';
import { halted } from './halted.js';
import type { PreparedAppend } from './prepared-append.js';

/** A prepared statement: Postgres plans it once per connection and name. */
export interface PreparedStatement {
  name: string;
  text: string;
  values: unknown[];
}

/**
 * Writes whole appends, of different streams, as one SQL statement, and so as one transaction in one round trip:
 * events, work items and projections are data-modifying CTEs. The primary key (stream, version) is what refuses a
 * stale writer; then none of the appends has happened.
 */
export function appendStatement(appends: readonly PreparedAppend[], now: number): PreparedStatement {
  const builder = new CteBuilder();
  addEvents(builder, appends, now);
  addOpen(builder, appends, now);
  const close = appends.flatMap(({ request }) => request.workItems?.close ?? []);
  if (close.length > 0) builder.add('delete from es.work_item where id = any(?::text[])', [close]);
  const wake = appends.flatMap(({ request }) => request.workItems?.wake ?? []);
  const others = wake.filter((id) => !close.includes(id));
  if (others.length > 0) {
    // The hint is sent by whoever appends, right after the commit; the relay need not send another at once.
    builder.addReturning(
      `update es.work_item set due_at = least(due_at, ?::bigint), wakes = wakes + 1, hinted_at = ?::bigint
       where id = any(?::text[]) returning id, queue, due_at, epoch, wakes`,
      [now, now, others],
    );
  }
  addReschedule(builder, appends, now);
  addProjections(builder, appends);
  for (const { request } of appends) {
    for (const statement of request.statements ?? []) builder.addNumbered(statement);
  }
  return builder.build();
}

/**
 * Puts claimed items back. A wake that came while one was claimed must not be lost: then it is due at once, whatever
 * the worker asked for. Placeholders: now, ids, epochs, seen wakes, due times.
 */
export const RESCHEDULE = `update es.work_item item
   set due_at = case when item.wakes > back.seen then ?::bigint else back.due end,
       claimed_until = 0, claimed_by = null, attempts = 0, hinted_at = 0
   from unnest(?::text[], ?::int[], ?::int[], ?::bigint[]) as back(id, epoch, seen, due)
   where item.id = back.id and item.epoch = back.epoch`;

function addEvents(builder: CteBuilder, appends: readonly PreparedAppend[], now: number): void {
  const streams: string[] = [];
  const versions: number[] = [];
  const types: string[] = [];
  const datas: string[] = [];
  const metas: string[] = [];
  const grown: PreparedAppend[] = [];
  for (const append of appends) {
    const { stream, expectedVersion, events } = append.request;
    if (expectedVersion > 0) grown.push(append);
    events.forEach((event, index) => {
      streams.push(stream);
      versions.push(expectedVersion + index + 1);
      types.push(event.type);
      datas.push(append.datas[index]!);
      metas.push(append.meta);
    });
  }
  const rows: unknown[] = [now, streams, versions, types, datas, metas];
  const stands = [
    grown.map(({ request }) => request.stream),
    grown.map(({ request }) => request.expectedVersion),
  ];
  const guarded = grown.length > 0;
  builder.add(
    `insert into es.event (stream_id, version, type, data, meta, recorded_at)
     select stream, version, type, data::json, meta::json, ?::bigint
     from unnest(?::text[], ?::int[], ?::text[], ?::text[], ?::text[]) as new(stream, version, type, data, meta)
     ${guarded ? 'where es.require_versions(?::text[], ?::int[])' : ''}`,
    guarded ? [...rows, ...stands] : rows,
  );
}

function addOpen(builder: CteBuilder, appends: readonly PreparedAppend[], now: number): void {
  const items = appends.flatMap(({ request }) =>
    (request.workItems?.open ?? []).map((item) => ({ ...item, stream: request.stream })),
  );
  if (items.length === 0) return;
  const column = <T>(pick: (item: (typeof items)[number]) => T): T[] => items.map(pick);
  const claims = items.flatMap((item) => (item.claim === undefined ? [] : [item.id]));
  const keeps = claims.length === 0 ? 'false' : `claimed_by is not null and not ${halted('asked')}`;
  const text = `insert into es.work_item (id, queue, kind, stream_id, payload, application, account, pipeline, due_at,
                               hinted_at, claimed_by, claimed_until, epoch, attempts)
     select id, queue, kind, stream, payload::json, application, account, pipeline, due_at, ?::bigint,
            case when kept then claimed_by end, case when kept then es.now_ms() + lease else 0 end,
            kept::int, kept::int
     from (select *, ${keeps} as kept
           from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                       ?::bigint[], ?::text[], ?::int[])
             as asked(id, queue, kind, stream, payload, application, account, pipeline, due_at, claimed_by, lease)) new`;
  const values = [
    now,
    column((item) => item.id),
    column((item) => item.queue),
    column((item) => item.kind),
    column((item) => item.stream),
    column((item) => JSON.stringify(item.payload ?? {})),
    column((item) => item.application ?? null),
    column((item) => item.account ?? null),
    column((item) => item.pipeline ?? null),
    column((item) => item.dueAt ?? now),
    column((item) => item.claim?.by ?? null),
    column((item) => item.claim?.leaseMs ?? 0),
  ];
  if (claims.length === 0) builder.add(text, values);
  else {
    // Only what a halt refused: as a rule, nothing.
    builder.addReturning(`${text} returning id, queue, due_at, epoch, wakes, claimed_by`, values, {
      text: 'claimed_by is null and id = any(?::text[])',
      values: [claims],
    });
  }
}

function addReschedule(builder: CteBuilder, appends: readonly PreparedAppend[], now: number): void {
  const items = appends.flatMap(({ request }) => request.workItems?.reschedule ?? []);
  if (items.length === 0) return;
  const values = [
    now,
    items.map((item) => item.id),
    items.map((item) => item.epoch),
    items.map((item) => item.seenWakes),
    items.map((item) => item.dueAt),
  ];
  // What was woken meanwhile is hinted again: the hint of that wake may have come to a worker that could not claim it.
  builder.addReturning(
    `${RESCHEDULE} returning item.id, item.queue, item.due_at, item.epoch, item.wakes, back.seen`,
    values,
    { text: 'wakes > seen', values: [] },
  );
}

function addProjections(builder: CteBuilder, appends: readonly PreparedAppend[]): void {
  const rows = new Map<string, object[]>();
  for (const { request } of appends) {
    for (const { text, row } of request.projections ?? []) {
      const known = rows.get(text);
      if (known === undefined) rows.set(text, [row]);
      else known.push(row);
    }
  }
  for (const [text, list] of rows) builder.addNumbered({ text, values: [JSON.stringify(list)] });
}

const names = new Map<string, string>();

/** Joins data-modifying statements into one, numbering their parameters as it goes. */
class CteBuilder {
  private readonly parts: string[] = [];
  private readonly values: unknown[] = [];
  private readonly returning: string[] = [];

  /** `?` stands for the next value. */
  add(text: string, values: unknown[]): void {
    this.parts.push(this.numbered(text, values));
  }

  private numbered(text: string, values: unknown[]): string {
    let next = this.values.length;
    this.values.push(...values);
    return text.replace(/\?/g, () => {
      next += 1;
      return `$${next}`;
    });
  }

  /** Like `add`; the hint rows that this part returns, or those that fit, are among the rows of the whole. */
  addReturning(text: string, values: unknown[], only?: { text: string; values: unknown[] }): void {
    const from = `select id, queue, due_at, epoch, wakes from c${this.parts.length}`;
    this.add(text, values);
    this.returning.push(only === undefined ? from : `${from} where ${this.numbered(only.text, only.values)}`);
  }

  /** `$1` stands for the statement's own first value. */
  addNumbered({ text, values }: SqlStatement): void {
    const offset = this.values.length;
    this.parts.push(text.replace(/\$(\d+)/g, (_match, digits: string) => `$${Number(digits) + offset}`));
    this.values.push(...values);
  }

  build(): PreparedStatement {
    const ctes = this.parts.map((part, index) => `c${index} as (${part})`);
    const result = this.returning.length === 0 ? 'select where false' : this.returning.join(' union all ');
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
