import type pg from 'pg';
import { sortedJson } from '@gennaker/http';
import type { LiveMessage } from './live-feeds.js';

interface Row {
  stream_id: string;
  version: number;
  type: string;
  recorded_at: string;
  actor: string | null;
  xid: string;
  seq: string;
}

const POSITION = /^(\d{1,20})-(\d{1,20})$/;

/** What happens in an application: to its executions and to what is configured in it, in the order of commits. */
export class ApplicationEvents {
  constructor(private readonly pool: pg.Pool) {}

  /** A position that a client sends back; undefined for anything else. */
  positionOf(text: string | undefined): string | undefined {
    return text !== undefined && POSITION.test(text) ? text : undefined;
  }

  /** The position after everything that has been committed. */
  async now(): Promise<string> {
    const { rows } = await this.pool.query<{ xid: string }>(
      'select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text as xid',
    );
    return `${rows[0]?.xid ?? '0'}-9223372036854775807`;
  }

  async read(application: string, after: string, limit: number): Promise<LiveMessage[]> {
    const [, xid = '0', seq = '0'] = POSITION.exec(after) ?? [];
    const { rows } = await this.pool.query<Row>({
      name: 'gate-application-events',
      text: `select stream_id, event.version, event.type, recorded_at, meta->>'actor' as actor, xid::text, seq::text
             from es.event left join orca.execution x on stream_id = 'execution-' || x.id
             where (xid, seq) > ($2::xid8, $3::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
               and (lower(x.application) = lower($1)
                    or (starts_with(stream_id, 'catalog-') and lower(data->>'application') = lower($1)))
             order by event.xid, event.seq limit $4`,
      values: [application, xid, seq, limit],
    });
    return rows.map((row) => ({
      cursor: `${row.xid}-${row.seq}`,
      event: row.stream_id.startsWith('execution-') ? 'execution' : 'catalog',
      data: sortedJson({
        stream: row.stream_id,
        id: row.stream_id.replace(/^(?:execution|catalog-[A-Za-z]+)-/, ''),
        version: row.version,
        type: row.type,
        by: row.actor,
        at: Number(row.recorded_at),
      }),
    }));
  }
}
