import type { Clock } from '@gennaker/kernel';
import type pg from 'pg';
import { AppendQueue } from './append-queue.js';
import { appendStatement } from './append-statement.js';
import { VersionConflictError } from './errors.js';
import type { AppendRequest, EventMeta, NewWorkItem, Position, RecordedEvent } from './event.js';
import { type PreparedAppend, prepareAppend } from './prepared-append.js';
import { type Upcasters, upcast } from './upcaster.js';
import { type HintRow, type WorkItemHint, toHint } from './work-item-hint.js';

/** What both a pool and a connection inside a transaction can do. */
export type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

export interface ReadOptions {
  /** Only events with a version above this one. Default 0. */
  after?: number;
  /** Only events up to this version. */
  upTo?: number;
  /** At most so many events; 10,000 unless told. */
  limit?: number;
}

export interface ReadAllOptions {
  after: Position;
  limit: number;
  /** Only streams whose id begins with this, such as `execution-`. */
  streamPrefix?: string;
}

export interface AppendResult {
  /** Version of the last event. */
  version: number;
  /** Items that were opened or woken and that nobody holds. */
  hints: WorkItemHint[];
  /** Ids of opened items that the appender does not hold, although it asked to: a halt covers them. */
  refused: string[];
}

const UNIQUE_VIOLATION = '23505';
const VERSION_MISSING = 'ES409';
const DEFAULT_LIMIT = 10_000;
const COLUMNS = 'stream_id, version, type, data, meta, recorded_at, xid::text, seq::text';

interface EventRow {
  stream_id: string;
  version: number;
  type: string;
  data: unknown;
  meta: EventMeta;
  recorded_at: string;
  xid: string;
  seq: string;
}

/** Streams of events on Postgres. The only thing that is true; all else can be derived from it again. */
export class EventStore {
  private readonly queue: AppendQueue<AppendResult>;

  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
    private readonly upcasters: Upcasters = new Map(),
  ) {
    this.queue = new AppendQueue((appends) => this.write(appends, this.pool), isRefusal);
  }

  /**
   * Appends events at an expected version, with the work items and projection writes that belong to them, in one
   * transaction; appends of other streams that come at the same time may share it. Returns the version of the last
   * event, and the items that a queue should hear of now. Throws {@link VersionConflictError} and changes nothing when
   * the stream has moved on.
   *
   * @param within a connection inside a transaction, when more has to commit with it
   */
  async append(request: AppendRequest, within?: Queryable): Promise<AppendResult> {
    const append = prepareAppend(request);
    try {
      return within === undefined ? await this.queue.add(append) : (await this.write([append], within))[0]!;
    } catch (error) {
      if (isVersionConflict(error)) throw new VersionConflictError(request.stream, request.expectedVersion);
      throw error;
    }
  }

  private async write(appends: PreparedAppend[], on: Queryable): Promise<AppendResult[]> {
    const now = this.clock.now();
    const { rows } = await on.query<HintRow>(appendStatement(appends, now));
    const told = new Map(rows.map((row) => [row.id, toHint(row)]));
    return appends.map(({ request }) => {
      const { open = [], wake = [], reschedule = [] } = request.workItems ?? {};
      const woken = [...wake, ...reschedule.map(({ id }) => id)];
      return {
        version: request.expectedVersion + request.events.length,
        hints: [...openedHints(open, now), ...woken.flatMap((id) => told.get(id) ?? [])],
        refused: open.flatMap(({ id }) => (told.has(id) ? [id] : [])),
      };
    });
  }

  /** Runs `work` in one transaction; rolls it back when `work` throws. */
  async transaction<T>(work: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
    const connection = await this.pool.connect();
    let broken = false;
    try {
      await connection.query('begin');
      const result = await work(connection);
      await connection.query('commit');
      return result;
    } catch (error) {
      // A connection that cannot even roll back must not go back to the pool.
      await connection.query('rollback').catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      connection.release(broken);
    }
  }

  /** A stream's events in order, oldest first. An unknown stream has none. */
  async read(
    stream: string,
    options: ReadOptions = {},
    within: Queryable = this.pool,
  ): Promise<RecordedEvent[]> {
    const { rows } = await within.query<EventRow>({
      name: 'es-read',
      text: `select ${COLUMNS} from es.event where stream_id = $1 and version > $2 and version <= $3
             order by version limit $4`,
      values: [stream, options.after ?? 0, options.upTo ?? 2_147_483_647, options.limit ?? DEFAULT_LIMIT],
    });
    return rows.map((row) => this.toEvent(row));
  }

  /** Version of a stream's last event; 0 when there is no such stream. */
  async versionOf(stream: string): Promise<number> {
    const { rows } = await this.pool.query<{ version: number | null }>({
      name: 'es-version',
      text: 'select max(version) as version from es.event where stream_id = $1',
      values: [stream],
    });
    return rows[0]?.version ?? 0;
  }

  /**
   * Events of all streams in the order of (transaction id, sequence), stopping below the oldest transaction that is
   * still open: a sequence is handed out before its transaction commits, so a reader by sequence alone would pass over
   * events that commit late. Nothing is ever inserted behind a position that this has returned.
   */
  async readAll(options: ReadAllOptions, within: Queryable = this.pool): Promise<RecordedEvent[]> {
    const prefix = options.streamPrefix ?? '';
    const { rows } = await within.query<EventRow>({
      name: 'es-read-all',
      text: `select ${COLUMNS} from es.event
             where (xid, seq) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
               and ($3 = '' or starts_with(stream_id, $3))
             order by event.xid, event.seq limit $4`,
      values: [options.after.xid, options.after.seq, prefix, options.limit],
    });
    return rows.map((row) => this.toEvent(row));
  }

  private toEvent(row: EventRow): RecordedEvent {
    const event: RecordedEvent = {
      streamId: row.stream_id,
      version: row.version,
      type: row.type,
      data: row.data,
      meta: row.meta,
      recordedAt: Number(row.recorded_at),
      position: { xid: row.xid, seq: row.seq },
    };
    return this.upcasters.size === 0 ? event : upcast(event, this.upcasters);
  }
}

function openedHints(items: NewWorkItem[], now: number): WorkItemHint[] {
  return items
    .filter((item) => item.claim === undefined)
    .map((item) => ({ id: item.id, queue: item.queue, dueAt: item.dueAt ?? now, token: `${item.id}-0-0` }));
}

function isVersionConflict(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === VERSION_MISSING || (code === UNIQUE_VIOLATION && constraint === 'event_pkey');
}

/** Postgres itself has said no, and so has rolled back. A connection that broke says nothing of the kind. */
function isRefusal(error: unknown): boolean {
  return (error as { severity?: string }).severity === 'ERROR';
}
