import { type SqlStatement } from '@gennaker/event-store';
import { type Clock } from '@gennaker/kernel';
import type pg from 'pg';

/** A version of an object's name that an operation is about to use; nobody else may. */
export interface VersionReservation {
  account: string;
  namespace: string;
  kind: string;
  name: string;
  version: number;
}

const CONSTRAINT = 'version_reservation_pkey';

/** A deploy that has looked at the cluster before an object appeared must still find its version taken for so long. */
const MEMORY_MS = 2 * 60_000;

/**
 * Keeps two deploys at once from taking the same version. What an operation has used stays taken for a while after its
 * end, because others may have read the cluster before; read reservations first, and the cluster then.
 */
export class VersionReservations {
  constructor(
    private readonly pool: Pick<pg.Pool, 'query'>,
    private readonly clock: Clock,
  ) {}

  /** What is taken in an account. */
  async of(account: string): Promise<VersionReservation[]> {
    const { rows } = await this.pool.query<VersionReservation>(
      `select account, namespace, kind, name, version from operation.version_reservation where account = $1`,
      [account],
    );
    return rows;
  }

  /** Goes into the append that records the decision; the append fails when another operation has taken one of them. */
  reserve(operation: string, wanted: readonly VersionReservation[]): SqlStatement[] {
    if (wanted.length === 0) return [];
    return [
      {
        text: `insert into operation.version_reservation (account, namespace, kind, name, version, operation_id, reserved_at)
               select account, namespace, kind, name, version, $6, $7::bigint
               from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[]) as new(account, namespace, kind, name, version)`,
        values: [
          wanted.map(({ account }) => account),
          wanted.map(({ namespace }) => namespace),
          wanted.map(({ kind }) => kind),
          wanted.map(({ name }) => name),
          wanted.map(({ version }) => version),
          operation,
          this.clock.now(),
        ],
      },
    ];
  }

  /**
   * Goes into an operation's last append. An operation that has written nothing frees its versions at once; the other
   * ones, and whatever is old, are forgotten later.
   */
  static release(operation: string, hasWritten: boolean, now: number): SqlStatement[] {
    const release: SqlStatement = hasWritten
      ? {
          text: 'update operation.version_reservation set released_at = $2::bigint where operation_id = $1',
          values: [operation, now],
        }
      : { text: 'delete from operation.version_reservation where operation_id = $1', values: [operation] };
    return [
      release,
      {
        text: 'delete from operation.version_reservation where released_at < $1::bigint',
        values: [now - MEMORY_MS],
      },
    ];
  }
}

/** Whether an append failed because another operation has taken a version meanwhile: decide again. */
export function isVersionTaken(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && constraint === CONSTRAINT;
}
