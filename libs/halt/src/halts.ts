import { type EventMeta, type Queryable, STOP_CLAIMS } from '@gennaker/event-store';
import {
  type Clock,
  ConflictError,
  type IdGenerator,
  NotFoundError,
  UnavailableError,
} from '@gennaker/kernel';
import { QUEUES } from '@gennaker/messaging';
import type { Journal } from '@gennaker/work';
import type pg from 'pg';
import {
  covers,
  type HaltedWork,
  type HaltEvent,
  haltStream,
  type HaltTarget,
  nameOf,
  SPARED_KINDS,
} from './halt-event.js';

/** A halt, on or ended. Times are milliseconds since the Unix epoch. */
export interface Halt {
  id: string;
  target: HaltTarget;
  reason: string;
  by: string;
  since: number;
  /** When it ends by itself. */
  endsAt?: number;
  ended?: { at: number; by: string; reason: string; expired: boolean };
}

export interface NewHalt {
  target: HaltTarget;
  reason: string;
  /** Milliseconds after which it ends by itself. */
  ttlMs?: number;
}

export interface HaltBy {
  user: string;
  meta?: EventMeta;
}

/** Work of this kind, on the queue `orca`, ends a halt whose time is up. */
export const HALT_WORK = 'endHalt';

const QUEUE = 'orca';
const LOCK_TIMEOUT_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';
const COLUMNS =
  'id, target, reason, began_by, began_at, ends_at, timer, ended_at, ended_by, ended_reason, expired';

interface HaltRow {
  id: string;
  target: HaltTarget;
  reason: string;
  began_by: string;
  began_at: string;
  ends_at: string | null;
  timer: string | null;
  ended_at: string | null;
  ended_by: string | null;
  ended_reason: string | null;
  expired: boolean;
}

/** Stops the claiming of work, and lets it go on again. */
export class Halts {
  constructor(
    private readonly journal: Journal,
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
  ) {}

  /**
   * When the promise resolves no process claims work in scope any more. A claim that was under way has either committed,
   * and its item is held by a worker, or it will be refused.
   *
   * @throws UnavailableError when the work items stay locked for ten seconds; then nothing is halted
   */
  async begin({ target, reason, ttlMs }: NewHalt, by: HaltBy): Promise<Halt> {
    const id = this.ids.next();
    try {
      const { halt, tell } = await this.journal.store.transaction(async (connection) => {
        await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await connection.query(STOP_CLAIMS);
        await connection.query('insert into es.halt (id, scope, name, spares) values ($1, $2, $3, $4)', [
          id,
          target.scope,
          nameOf(target) ?? null,
          SPARED_KINDS,
        ]);
        const since = this.clock.now();
        const endsAt = ttlMs === undefined ? undefined : since + ttlMs;
        const began: Halt = {
          id,
          target,
          reason,
          by: by.user,
          since,
          ...(endsAt !== undefined && { endsAt }),
        };
        const appended = await this.recordBegin(began, by.meta, connection);
        return { halt: began, tell: appended.tell };
      });
      tell();
      return halt;
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      throw new UnavailableError(
        'halt.locked',
        'The work items are locked by somebody else, such as a migration. Nothing is halted: try again',
        { cause: error },
      );
    }
  }

  private recordBegin(halt: Halt, meta: EventMeta | undefined, connection: Queryable) {
    const { id, target, reason, by, since, endsAt } = halt;
    const timer = endsAt === undefined ? undefined : `${haltStream(id)}-end`;
    const event: HaltEvent = {
      type: 'HaltBegan',
      data: { ...target, id, at: since, by, reason, ...(endsAt !== undefined && { endsAt }) },
    };
    return this.journal.appendWithin(
      {
        stream: haltStream(id),
        expectedVersion: 0,
        events: [event],
        meta: { actor: by, ...meta },
        ...applicationOf(target),
        workItems: {
          open:
            timer === undefined
              ? []
              : [{ id: timer, queue: QUEUE, kind: HALT_WORK, payload: { halt: id }, dueAt: endsAt! }],
        },
        statements: [
          {
            text: `insert into halt.halt (id, target, reason, began_by, began_at, ends_at, timer)
                   values ($1, $2, $3, $4, $5, $6, $7)`,
            values: [id, JSON.stringify(target), reason, by, since, endsAt ?? null, timer ?? null],
          },
        ],
      },
      connection,
    );
  }

  /**
   * Ends a halt: what it held back is claimed again, the longest due first. What another halt covers stays put.
   *
   * @throws NotFoundError, ConflictError when it has ended already
   */
  async end(id: string, { user, reason, meta }: HaltBy & { reason: string }): Promise<Halt> {
    const ended = await this.close(id, { user, reason, expired: false, ...(meta && { meta }) });
    if (ended !== undefined) return ended;
    const { ended: before } = await this.get(id);
    const how = before?.expired === true ? 'its time was up' : `${before?.by} ended it`;
    throw new ConflictError(
      'halt.ended',
      `Halt ${id} has ended already, at ${new Date(before?.at ?? 0).toISOString()}: ${how}`,
      { details: { endedAt: before?.at, endedBy: before?.by, expired: before?.expired } },
    );
  }

  /** Ends a halt whose time is up. Nothing happens to one that has ended. */
  async expire(id: string): Promise<void> {
    await this.close(id, { user: 'gennaker', reason: 'its time was up', expired: true });
  }

  /** The halt as it is now. @throws NotFoundError */
  async get(id: string): Promise<Halt> {
    const { rows } = await this.pool.query<HaltRow>(`select ${COLUMNS} from halt.halt where id = $1`, [id]);
    if (rows[0] === undefined) throw new NotFoundError('halt.not_found', `There is no halt ${id}`);
    return toHalt(rows[0]);
  }

  /** Halts, the newest first: those that are on, or those that have ended. `before` is the id to go on after. */
  async list(of: { ended: boolean; limit: number; before?: string }): Promise<Halt[]> {
    const { rows } = await this.pool.query<HaltRow>(
      `select ${COLUMNS} from halt.halt
       where (ended_at is not null) = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
      [of.ended, of.before ?? null, of.limit],
    );
    return rows.map(toHalt);
  }

  /** When work was held back, of what a time span overlaps; a halt that is still on has no end. */
  async spans(of: HaltedWork, since: number): Promise<{ from: number; to?: number }[]> {
    const { rows } = await this.pool.query<HaltRow>({
      name: 'halt-spans',
      text: `select ${COLUMNS} from halt.halt where ended_at is null or ended_at > $1`,
      values: [since],
    });
    return rows
      .map(toHalt)
      .filter(({ target }) => covers(target, of))
      .map(({ since: from, ended }) => ({ from, ...(ended && { to: ended.at }) }));
  }

  private async close(
    id: string,
    by: HaltBy & { reason: string; expired: boolean },
  ): Promise<Halt | undefined> {
    const closed = await this.journal.store.transaction(async (connection) => {
      const { rows } = await connection.query<HaltRow>(
        `select ${COLUMNS} from halt.halt where id = $1 for update`,
        [id],
      );
      const [row] = rows;
      if (row === undefined) throw new NotFoundError('halt.not_found', `There is no halt ${id}`);
      if (row.ended_at !== null) return undefined;
      await connection.query('delete from es.halt where id = $1', [id]);
      return this.recordEnd(row, by, connection);
    });
    if (closed === undefined) return undefined;
    closed.tell();
    await this.journal.hintDue(QUEUES);
    return closed.halt;
  }

  private async recordEnd(
    row: HaltRow,
    { user, reason, expired, meta }: HaltBy & { reason: string; expired: boolean },
    connection: Queryable,
  ) {
    const halt = toHalt(row);
    const ended = { at: this.clock.now(), by: user, reason, expired };
    const event: HaltEvent = { type: 'HaltEnded', data: { ...halt.target, id: halt.id, ...ended } };
    const { tell } = await this.journal.appendWithin(
      {
        stream: haltStream(halt.id),
        expectedVersion: 1,
        events: [event],
        meta: { actor: user, ...meta },
        ...applicationOf(halt.target),
        workItems: { close: row.timer === null ? [] : [row.timer] },
        statements: [
          {
            text: `update halt.halt set ended_at = $2, ended_by = $3, ended_reason = $4, expired = $5 where id = $1`,
            values: [halt.id, ended.at, user, reason, expired],
          },
        ],
      },
      connection,
    );
    return { halt: { ...halt, ended }, tell };
  }
}

function applicationOf(target: HaltTarget): { application?: string } {
  return 'application' in target && target.application !== undefined
    ? { application: target.application }
    : {};
}

function toHalt(row: HaltRow): Halt {
  return {
    id: row.id,
    target: row.target,
    reason: row.reason,
    by: row.began_by,
    since: Number(row.began_at),
    ...(row.ends_at !== null && { endsAt: Number(row.ends_at) }),
    ...(row.ended_at !== null && {
      ended: {
        at: Number(row.ended_at),
        by: row.ended_by ?? '',
        reason: row.ended_reason ?? '',
        expired: row.expired,
      },
    }),
  };
}
