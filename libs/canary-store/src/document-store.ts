import { type MetricSetPair, toCanaryJson } from '@gennaker/canary';
import type { SqlStatement } from '@gennaker/event-store';
import { type Clock, NotFoundError } from '@gennaker/kernel';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type pg from 'pg';
import { arePackedPairs, packPairs, unpackPairs } from './packed-pairs.js';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What is kept as a whole and read as a whole. */
export type DocumentKind = 'metricSetList' | 'metricSetPairList' | 'judgesComparison' | 'canaryArchive';

export interface DocumentSummary {
  id: string;
  updatedTimestamp: number;
  updatedTimestampIso: string;
}

/** JSON documents of measurements and comparisons, packed, with NaN spelled as Kayenta does. */
export class DocumentStore {
  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
  ) {}

  /** Stores the document under the id, or under a new one; an earlier one of that id and kind is replaced. */
  async put(kind: DocumentKind, content: unknown, id: string = randomUUID()): Promise<string> {
    const bytes = await compress(JSON.stringify(toCanaryJson(content)), { level: 1 });
    await this.pool.query(this.putStatement(kind, bytes, id));
    return id;
  }

  /** The statement that stores what an analysis has measured, for the commit of its end. */
  pairsStatement(pairs: readonly MetricSetPair[], id: string): SqlStatement {
    return this.putStatement('metricSetPairList', packPairs(pairs), id);
  }

  private putStatement(kind: DocumentKind, bytes: Buffer, id: string): SqlStatement {
    return {
      text: `insert into kayenta.document (id, kind, bytes, created_at, updated_at) values ($1, $2, $3, $4, $4)
             on conflict (id) do update set bytes = excluded.bytes, updated_at = excluded.updated_at
             where document.kind = excluded.kind`,
      values: [id, kind, bytes, this.clock.now()],
    };
  }

  async find(kind: DocumentKind, id: string): Promise<unknown> {
    const { rows } = await this.pool.query<{ bytes: Buffer }>(
      'select bytes from kayenta.document where id = $1 and kind = $2',
      [id, kind],
    );
    const bytes = rows[0]?.bytes;
    if (bytes === undefined) return undefined;
    if (arePackedPairs(bytes)) return toCanaryJson(unpackPairs(bytes));
    return JSON.parse((await decompress(bytes)).toString('utf8')) as unknown;
  }

  /** @throws NotFoundError */
  async get(kind: DocumentKind, id: string): Promise<unknown> {
    const found = await this.find(kind, id);
    if (found === undefined)
      throw new NotFoundError('kayenta.not_found', `Object ${kind} '${id}' was not found.`);
    return found;
  }

  async list(kind: DocumentKind, limit: number): Promise<DocumentSummary[]> {
    const { rows } = await this.pool.query<{ id: string; updated_at: string }>(
      'select id, updated_at from kayenta.document where kind = $1 order by updated_at desc, id limit $2',
      [kind, limit],
    );
    return rows.map(({ id, updated_at }) => ({
      id,
      updatedTimestamp: Number(updated_at),
      updatedTimestampIso: new Date(Number(updated_at)).toISOString(),
    }));
  }

  /** @throws NotFoundError */
  async delete(kind: DocumentKind, id: string): Promise<void> {
    const { rowCount } = await this.pool.query('delete from kayenta.document where id = $1 and kind = $2', [
      id,
      kind,
    ]);
    if (rowCount === 0) throw new NotFoundError('kayenta.not_found', `Object ${kind} '${id}' was not found.`);
  }

  /** Deletes up to `limit` documents that were last written before that time. Returns how many. */
  async deleteOlderThan(time: number, limit: number): Promise<number> {
    const { rowCount } = await this.pool.query(
      `delete from kayenta.document where id in
         (select id from kayenta.document where updated_at < $1 order by updated_at limit $2)`,
      [time, limit],
    );
    return rowCount ?? 0;
  }
}
