import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class EventStore1764000000000 implements MigrationInterface {
  readonly name = 'EventStore1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // `json`, not `jsonb`: events are facts and keep the order of their keys; nothing queries inside them.
    await runner.query(`
      create table es.event (
        stream_id   text   not null,
        version     int    not null,
        type        text   not null,
        data        json   not null,
        meta        json   not null,
        recorded_at bigint not null,
        xid         xid8   not null default pg_current_xact_id(),
        seq         bigint generated always as identity,
        primary key (stream_id, version)
      )`);
    await runner.query(`
      create function es.now_ms() returns bigint language sql volatile
      return (extract(epoch from clock_timestamp()) * 1000)::bigint`);
    await runner.query(`
      create function es.require_version(stream text, expected int) returns boolean language plpgsql stable as $$
      begin
        if not exists (select 1 from es.event where stream_id = stream and version = expected) then
          raise exception 'stream % has no version %', stream, expected using errcode = 'ES409';
        end if;
        return true;
      end $$`);
    await runner.query('create index event_commit_order on es.event (xid, seq)');
    await runner.query(`
      create table es.snapshot (
        stream_id text primary key,
        version   int  not null,
        fold_hash text not null,
        state     json not null
      )`);
    // fillfactor leaves room for claims and reschedules to stay on their page.
    await runner.query(`
      create table es.work_item (
        id            text   primary key,
        queue         text   not null,
        kind          text   not null,
        stream_id     text   not null,
        payload       json   not null,
        application   text,
        account       text,
        due_at        bigint not null,
        hinted_at     bigint not null default 0,
        claimed_until bigint not null default 0,
        claimed_by    text,
        epoch         int    not null default 0,
        wakes         int    not null default 0,
        attempts      int    not null default 0
      ) with (fillfactor = 80)`);
    await runner.query('create index work_item_due on es.work_item (queue, due_at)');
    await runner.query('create index work_item_stream on es.work_item (stream_id)');
    await runner.query(`
      create table es.checkpoint (
        name text   primary key,
        xid  xid8   not null,
        seq  bigint not null
      )`);
    await runner.query(`
      create table es.blob (
        sha256 text  primary key,
        size   int   not null,
        bytes  bytea not null,
        stored_at timestamptz not null default now()
      )`);
    // Bytes come compressed already.
    await runner.query('alter table es.blob alter column bytes set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema es cascade');
  }
}

/**
 * Appends of many streams share a statement: what each of them stands on is looked up in one go. The function for one
 * stays, for workers of the version before this that still run while others are replaced.
 */
class SharedAppends1764000000005 implements MigrationInterface {
  readonly name = 'SharedAppends1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function es.require_versions(streams text[], versions int[]) returns boolean language plpgsql stable as $$
      declare
        missing record;
      begin
        select wanted.stream, wanted.version into missing
        from unnest(streams, versions) as wanted(stream, version)
        where not exists (
          select 1 from es.event e where e.stream_id = wanted.stream and e.version = wanted.version)
        limit 1;
        if found then
          raise exception 'stream % has no version %', missing.stream, missing.version using errcode = 'ES409';
        end if;
        return true;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function es.require_versions');
  }
}

class Halts1764000000010 implements MigrationInterface {
  readonly name = 'Halts1764000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table es.work_item add column pipeline text');
    // Only the halts that are on, so that the claims that look here find it empty as a rule.
    await runner.query(`
      create table es.halt (
        id     text primary key,
        scope  text not null check (scope in ('everything', 'application', 'account', 'pipeline')),
        name   text,
        spares text[] not null,
        check ((scope = 'everything') = (name is null))
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table es.halt');
    await runner.query('alter table es.work_item drop column pipeline');
  }
}

class FairShare1764000000020 implements MigrationInterface {
  readonly name = 'FairShare1764000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index work_item_turn on es.work_item (queue, coalesce(application, ''), due_at, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index es.work_item_turn');
  }
}

/**
 * Looks each version up by the index. As one query over all of them it was planned while the table was small, and went on
 * reading the whole of it when it no longer was.
 */
class VersionsByIndex1764000000040 implements MigrationInterface {
  readonly name = 'VersionsByIndex1764000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function es.require_versions(streams text[], versions int[]) returns boolean
      language plpgsql stable set enable_seqscan = off as $$
      begin
        for n in 1 .. cardinality(streams) loop
          perform from es.event where stream_id = streams[n] and version = versions[n];
          if not found then
            raise exception 'stream % has no version %', streams[n], versions[n] using errcode = 'ES409';
          end if;
        end loop;
        return true;
      end $$`);
  }

  /** The function of before gave the same answers. */
  async down(): Promise<void> {}
}

export const eventStoreMigrations: MigrationSet = {
  schema: 'es',
  migrations: [
    EventStore1764000000000,
    SharedAppends1764000000005,
    Halts1764000000010,
    FairShare1764000000020,
    VersionsByIndex1764000000040,
  ],
};
