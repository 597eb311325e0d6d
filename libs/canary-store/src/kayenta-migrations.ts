import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Kayenta1764000000000 implements MigrationInterface {
  readonly name = 'Kayenta1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table kayenta.canary_config (
        id           text    primary key,
        name         text    not null,
        applications text[]  not null,
        version      int     not null,
        content      jsonb   not null,
        created_at   bigint  not null,
        updated_at   bigint  not null
      )`);
    await runner.query(
      'create index canary_config_applications on kayenta.canary_config using gin (applications)',
    );
    await runner.query('create index canary_config_name on kayenta.canary_config (name)');
    await runner.query(`
      create table kayenta.canary_config_version (
        id         text   not null,
        version    int    not null,
        content    jsonb,
        changed_at bigint not null,
        changed_by text   not null,
        primary key (id, version)
      )`);
    await runner.query(`
      create table kayenta.document (
        id         text   primary key,
        kind       text   not null,
        bytes      bytea  not null,
        created_at bigint not null,
        updated_at bigint not null
      )`);
    await runner.query('create index document_kind on kayenta.document (kind, updated_at desc, id)');
    await runner.query('create index document_age on kayenta.document (updated_at)');
    await runner.query(`
      create table kayenta.canary_execution (
        id               text   primary key,
        kind             text   not null,
        application      text   not null,
        canary_config_id text,
        parent_id        text,
        status           text   not null,
        created_at       bigint not null,
        ended_at         bigint
      )`);
    await runner.query(
      'create index canary_execution_listing on kayenta.canary_execution (application, created_at desc, id)',
    );
    await runner.query('create index canary_execution_age on kayenta.canary_execution (ended_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['canary_execution', 'document', 'canary_config_version', 'canary_config']) {
      await runner.query(`drop table kayenta.${table}`);
    }
  }
}

class CanaryAccounts1764000000001 implements MigrationInterface {
  readonly name = 'CanaryAccounts1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table kayenta.account (
        name                  text   primary key,
        type                  text   not null,
        supported_types       jsonb  not null,
        locations             jsonb  not null,
        recommended_locations jsonb  not null,
        metrics               jsonb,
        position              bigint not null,
        updated_at            bigint not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table kayenta.account');
  }
}

/** From where and why a config was changed; versions from before do not say. */
class CanaryChanges1764000000002 implements MigrationInterface {
  readonly name = 'CanaryChanges1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table kayenta.canary_config_version
        add column changed_from text, add column reason text, add column cause text,
        add column correlation_id text, add column origin text`);
    // What is packed already is not worth another attempt.
    await runner.query('alter table kayenta.document alter column bytes set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table kayenta.canary_config_version
        drop column changed_from, drop column reason, drop column cause,
        drop column correlation_id, drop column origin`);
    await runner.query('alter table kayenta.document alter column bytes set storage extended');
  }
}

export const kayentaMigrations: MigrationSet = {
  schema: 'kayenta',
  migrations: [Kayenta1764000000000, CanaryAccounts1764000000001, CanaryChanges1764000000002],
};
