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

/** Keeps two deploys at once from taking the same version. Reservations end with their operation. */
export class VersionReservations {
  constructor(
    private readonly pool: Pick<pg.Pool, 'query'>,
    private readonly clock: Clock,
  ) {}

  /** What is taken in an account. */
  async of(account: string): Promise<VersionReservation[]> {
    const { rows } = await this.pool.query<VersionReservation>(
      'select account, namespace, kind, name, version from operation.version_reservation where account = $1',
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

  /** Frees what an operation has taken; goes into its last append. */
  static release(operation: string): SqlStatement {
    return { text: 'delete from operation.version_reservation where operation_id = $1', values: [operation] };
  }
}

/** Whether an append failed because another operation has taken a version meanwhile: decide again. */
export function isVersionTaken(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && constraint === CONSTRAINT;
}
