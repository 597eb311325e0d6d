import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Halts1764000200000 implements MigrationInterface {
  readonly name = 'Halts1764000200000';

  async up(runner: QueryRunner): Promise<void> {
    // Every halt there has been; those that are on are also in es.halt, where the claims look.
    await runner.query(`
      create table halt.halt (
        id           text    primary key,
        target       json    not null,
        reason       text    not null,
        began_by     text    not null,
        began_at     bigint  not null,
        ends_at      bigint,
        timer        text,
        ended_at     bigint,
        ended_by     text,
        ended_reason text,
        expired      boolean not null default false
      )`);
    await runner.query('create index halt_on on halt.halt (id) where ended_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table halt.halt');
  }
}

export const haltMigrations: MigrationSet = { schema: 'halt', migrations: [Halts1764000200000] };
