import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Operation1764000000000 implements MigrationInterface {
  readonly name = 'Operation1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table operation.version_reservation (
        account      text   not null,
        namespace    text   not null,
        kind         text   not null,
        name         text   not null,
        version      int    not null,
        operation_id text   not null,
        reserved_at  bigint not null,
        primary key (account, namespace, kind, name, version)
      )`);
    await runner.query(
      `create index version_reservation_operation on operation.version_reservation (operation_id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table operation.version_reservation');
  }
}

class ReleasedVersions1764000000001 implements MigrationInterface {
  readonly name = 'ReleasedVersions1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operation.version_reservation add column released_at bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operation.version_reservation drop column released_at');
  }
}

export const operationMigrations: MigrationSet = {
  schema: 'operation',
  migrations: [Operation1764000000000, ReleasedVersions1764000000001],
};
