import { randomBytes } from 'node:crypto';
import type { MigrationSet } from '@gennaker/database';
import type pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Cipher } from './cipher.js';
import { Seals } from './seals.js';

const KEY_BYTES = 32;

class SealingKey1764000500000 implements MigrationInterface {
  readonly name = 'SealingKey1764000500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create table secrets.sealing_key (id int primary key default 1 check (id = 1), key text not null)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table secrets.sealing_key');
  }
}

export const secretsMigrations: MigrationSet = {
  schema: 'secrets',
  migrations: [SealingKey1764000500000],
};

/**
 * The seals of this installation. Without keys of the operators' one is made and kept in the database, the same for all
 * processes; once they give theirs, the made one still opens what it has sealed.
 *
 * @param keys 32 bytes each, base64 or hex; the first seals
 */
export async function openSeals(pool: Pick<pg.Pool, 'query'>, keys: readonly string[]): Promise<Seals> {
  if (keys.length === 0) {
    await pool.query(`insert into secrets.sealing_key (key) values ($1) on conflict do nothing`, [
      randomBytes(KEY_BYTES).toString('base64'),
    ]);
  }
  const { rows } = await pool.query<{ key: string }>('select key from secrets.sealing_key');
  return new Seals(new Cipher([...keys, ...rows.map(({ key }) => key)]));
}
