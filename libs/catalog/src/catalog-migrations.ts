import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Catalog1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table catalog.item (
        kind        text   not null,
        id          text   not null,
        version     int    not null,
        application text   not null,
        name        text   not null,
        position    int,
        body        jsonb  not null,
        created_at  bigint not null,
        created_by  text   not null,
        updated_at  bigint not null,
        updated_by  text   not null,
        primary key (kind, id)
      )`);
    await runner.query(
      'create unique index item_name on catalog.item (kind, lower(application), lower(name))',
    );
    // What fires on an event is looked up by the type of the trigger.
    await runner.query(
      `create index item_triggers on catalog.item using gin ((body -> 'triggers') jsonb_path_ops) where kind = 'pipeline'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table catalog.item');
  }
}

export const catalogMigrations: MigrationSet = { schema: 'catalog', migrations: [Catalog1764000000000] };
