import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Inventory1764000000000 implements MigrationInterface {
  readonly name = 'Inventory1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // Relations are not stored: owners, selectors and labels are, and the views join on them.
    await runner.query(`
      create table clouddriver.resource (
        account          text   not null,
        api_group        text   not null,
        kind             text   not null,
        namespace        text   not null,
        name             text   not null,
        api_version      text   not null,
        uid              text   not null,
        resource_version text   not null,
        created_at       bigint,
        deleting         boolean not null default false,
        spinnaker_kind   text   not null,
        application      text,
        cluster          text,
        stack            text,
        detail           text,
        sequence         int,
        controller_uid   text,
        owner_uids       text[] not null default '{}',
        labels           jsonb  not null default '{}',
        target_keys      text[],
        selector_keys    text[],
        selector_key     text generated always as (selector_keys[1]) stored,
        summary          jsonb  not null default '{}',
        status           jsonb  not null default '{}',
        manifest         json   not null,
        observed_at      bigint not null,
        primary key (account, api_group, kind, namespace, name)
      ) with (fillfactor = 85)`);
    await runner.query(
      `create index resource_application on clouddriver.resource (application, spinnaker_kind) where application is not null`,
    );
    await runner.query(`create index resource_uid on clouddriver.resource (uid)`);
    await runner.query(
      `create index resource_controller on clouddriver.resource (controller_uid, kind)
       where controller_uid is not null`,
    );
    // A selector matches where its keys are among the target's. One key leads from a target to its few candidates.
    await runner.query(
      `create index resource_target on clouddriver.resource using gin (target_keys) where target_keys is not null`,
    );
    await runner.query(
      `create index resource_selector on clouddriver.resource (selector_key) where selector_key is not null`,
    );
    await runner.query(
      `create index resource_kind on clouddriver.resource (spinnaker_kind, account, namespace)`,
    );
    await this.trigramIndex(runner);
    await this.shards(runner);
    await this.accounts(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema clouddriver cascade');
  }

  /** Makes substring search fast where the extension can be had; without it search reads the names of one kind. */
  private async trigramIndex(runner: QueryRunner): Promise<void> {
    await runner.query(`
      do $$ begin
        create extension if not exists pg_trgm;
        create index resource_name_trigram on clouddriver.resource using gin (lower(name) gin_trgm_ops);
      exception when insufficient_privilege or undefined_file or feature_not_supported then
        raise notice 'pg_trgm is not available: searching is slower';
      end $$`);
  }

  private async shards(runner: QueryRunner): Promise<void> {
    // One row per account and kind: who watches it, under which epoch, and how fresh it is.
    await runner.query(`
      create table clouddriver.shard (
        account       text   not null,
        api_group     text   not null,
        kind          text   not null,
        owner         text,
        epoch         int    not null default 0,
        expires_at    timestamptz not null default 'epoch',
        state         text   not null default 'PENDING',
        error         text,
        state_since   bigint not null default 0,
        synced_at     bigint,
        last_event_at bigint,
        definition    text   not null default '',
        primary key (account, api_group, kind)
      )`);
    await runner.query(`
      create table clouddriver.replica (
        id         text primary key,
        expires_at timestamptz not null
      )`);
  }

  private async accounts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table clouddriver.account (
        name       text   primary key,
        type       text   not null,
        version    int    not null,
        key_id     text   not null,
        definition bytea  not null,
        changed_by text   not null,
        changed_at bigint not null
      )`);
    // What everybody may see of every account, the configured ones included.
    await runner.query(`
      create table clouddriver.account_view (
        name    text   primary key,
        view    jsonb  not null,
        seen_at bigint not null
      )`);
    await runner.query(`
      create table clouddriver.account_history (
        name       text    not null,
        version    int     not null,
        type       text    not null,
        deleted    boolean not null,
        key_id     text    not null,
        definition bytea   not null,
        changed_by text    not null,
        changed_at bigint  not null,
        primary key (name, version)
      )`);
  }
}

/** Schema `clouddriver`: the inventory's projection, who watches what, and the accounts that were added at run time. */
export const clouddriverMigrations: MigrationSet = {
  schema: 'clouddriver',
  migrations: [Inventory1764000000000],
};
