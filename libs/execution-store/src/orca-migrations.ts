import type { MigrationSet } from '@gennaker/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Executions1764000100000 implements MigrationInterface {
  readonly name = 'Executions1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    // One row per execution with what lists, searches and limits need; everything else is folded from its stream.
    await runner.query(`
      create table orca.execution (
        id             text    primary key,
        type           text    not null,
        application    text    not null,
        name           text,
        config_id      text,
        status         text    not null,
        build_time     bigint  not null,
        start_time     bigint,
        end_time       bigint,
        canceled       boolean not null default false,
        username       text    not null,
        origin         text    not null,
        trigger_type   text    not null,
        correlation_id text,
        parent_id      text,
        max_concurrent int     not null default 0,
        limit_concurrent boolean not null default false,
        version        int     not null
      )`);
    await runner.query(
      'create index execution_by_application on orca.execution (application, build_time desc, id)',
    );
    await runner.query('create index execution_by_config on orca.execution (config_id, build_time desc, id)');
    await runner.query('create index execution_by_time on orca.execution (build_time desc, id)');
    await runner.query(
      `create index execution_open on orca.execution (application, status)
       where status in ('NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED', 'BUFFERED')`,
    );
    await runner.query(
      'create index execution_correlation on orca.execution (correlation_id) where correlation_id is not null',
    );
    await runner.query(
      'create index execution_parent on orca.execution (parent_id) where parent_id is not null',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orca.execution');
  }
}

class Locks1764000100010 implements MigrationInterface {
  readonly name = 'Locks1764000100010';

  async up(runner: QueryRunner): Promise<void> {
    // A place in line for a named lock. The first one of an execution that has not ended holds it.
    await runner.query(`
      create table orca.lock (
        name         text   not null,
        execution_id text   not null,
        stage_id     text   not null,
        attempt      int    not null,
        work_item_id text   not null,
        seq          bigint generated always as identity,
        primary key (name, execution_id, stage_id, attempt)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orca.lock');
  }
}

class ExecutionSearch1764000100020 implements MigrationInterface {
  readonly name = 'ExecutionSearch1764000100020';

  async up(runner: QueryRunner): Promise<void> {
    // Cut as a search cuts what it is given: at everything that is neither letter nor digit.
    await runner.query(`
      alter table orca.execution add column search tsvector generated always as (
        to_tsvector('simple', regexp_replace(
          lower(coalesce(name, '') || ' ' || application || ' ' || username || ' ' || trigger_type || ' ' || id),
          '[^[:alnum:]]+', ' ', 'g'))) stored`);
    await runner.query(
      'create index execution_words on orca.execution using gin (search) with (gin_pending_list_limit = 512)',
    );
    // In the order of the lists, and with every column that is filtered by: what does not fit is passed over in the
    // index. The ones of before had no order among executions of one millisecond.
    await runner.query('drop index orca.execution_by_application');
    await runner.query('drop index orca.execution_by_time');
    for (const [name, first, included] of [
      ['application', 'application, ', 'type, status, username, trigger_type'],
      ['status', 'status, ', 'type, application, username, trigger_type'],
      ['user', 'username, ', 'type, application, status, trigger_type'],
      ['trigger', 'trigger_type, ', 'type, application, status, username'],
      ['time', '', 'type, application, status, username, trigger_type'],
    ]) {
      await runner.query(
        `create index execution_by_${name} on orca.execution (${first}build_time desc, id desc) include (${included})`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['application', 'status', 'user', 'trigger', 'time']) {
      await runner.query(`drop index orca.execution_by_${name}`);
    }
    await runner.query('alter table orca.execution drop column search');
    await runner.query(
      'create index execution_by_application on orca.execution (application, build_time desc, id)',
    );
    await runner.query('create index execution_by_time on orca.execution (build_time desc, id)');
  }
}

class ExecutionsUnderWay1764000100030 implements MigrationInterface {
  readonly name = 'ExecutionsUnderWay1764000100030';

  async up(runner: QueryRunner): Promise<void> {
    // What runs of each config, polled by every open page: found without passing over all that has run.
    await runner.query(
      `create index execution_open_by_config on orca.execution (config_id, build_time desc, id desc)
       where status in ('NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED', 'BUFFERED')`,
    );
    // Beside them, what was started without a config, of which there is little.
    await runner.query(
      `create index execution_without_config on orca.execution (application, build_time desc, id desc)
       where config_id is null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index orca.execution_without_config');
    await runner.query('drop index orca.execution_open_by_config');
  }
}

class ExecutionsByConfig1764000100040 implements MigrationInterface {
  readonly name = 'ExecutionsByConfig1764000100040';

  async up(runner: QueryRunner): Promise<void> {
    // In the order of the lists, also among executions of one millisecond.
    await runner.query('drop index orca.execution_by_config');
    await runner.query(
      'create index execution_by_config on orca.execution (config_id, build_time desc, id desc) include (type)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index orca.execution_by_config');
    await runner.query('create index execution_by_config on orca.execution (config_id, build_time desc, id)');
  }
}

export const orcaMigrations: MigrationSet = {
  schema: 'orca',
  migrations: [
    Executions1764000100000,
    Locks1764000100010,
    ExecutionSearch1764000100020,
    ExecutionsUnderWay1764000100030,
    ExecutionsByConfig1764000100040,
  ],
};
