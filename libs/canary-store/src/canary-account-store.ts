import type { AccountUse, CanaryAccount } from '@gennaker/canary';
import type { Clock } from '@gennaker/kernel';
import type pg from 'pg';

interface AccountRow {
  name: string;
  type: string;
  supported_types: AccountUse[];
  locations: string[];
  recommended_locations: string[];
}

/** A metric that a store knows; `name` is what a query would use. */
export interface KnownMetric {
  name: string;
  [field: string]: unknown;
}

/** What the metrics judge says of its accounts, for services that have none of their own. */
export class CanaryAccountStore {
  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
  ) {}

  /** Puts these accounts in the place of all that were there; what is known of their metrics stays. */
  async publish(accounts: readonly CanaryAccount[]): Promise<void> {
    const column = (of: (account: CanaryAccount) => string) => accounts.map(of);
    await this.pool.query(
      `with gone as (delete from kayenta.account where name <> all($1::text[]))
       insert into kayenta.account
         (name, type, supported_types, locations, recommended_locations, position, updated_at)
       select name, type, supported, locations, recommended, position, $6
       from unnest($1::text[], $2::text[], $3::jsonb[], $4::jsonb[], $5::jsonb[])
         with ordinality as given (name, type, supported, locations, recommended, position)
       on conflict (name) do update set
         type = excluded.type, supported_types = excluded.supported_types, locations = excluded.locations,
         recommended_locations = excluded.recommended_locations, position = excluded.position,
         updated_at = excluded.updated_at`,
      [
        column(({ name }) => name),
        column(({ type }) => type),
        column(({ supportedTypes }) => JSON.stringify(supportedTypes)),
        column(({ locations }) => JSON.stringify(locations)),
        column(({ recommendedLocations }) => JSON.stringify(recommendedLocations)),
        this.clock.now(),
      ],
    );
  }

  /** In the order in which they are configured. */
  async list(): Promise<CanaryAccount[]> {
    const { rows } = await this.pool.query<AccountRow>(
      'select name, type, supported_types, locations, recommended_locations from kayenta.account order by position',
    );
    return rows.map((row) => ({
      name: row.name,
      type: row.type,
      supportedTypes: row.supported_types,
      locations: row.locations,
      recommendedLocations: row.recommended_locations,
    }));
  }

  async saveMetrics(account: string, metrics: readonly KnownMetric[]): Promise<void> {
    await this.pool.query('update kayenta.account set metrics = $2, updated_at = $3 where name = $1', [
      account,
      JSON.stringify(metrics),
      this.clock.now(),
    ]);
  }

  /** Metrics whose name contains the text in any case: of that account, or of the first that has some. */
  async metrics(account: string | undefined, contains: string, limit: number): Promise<KnownMetric[]> {
    const { rows } = await this.pool.query<{ metric: KnownMetric }>(
      `select metric from
         (select metrics from kayenta.account
          where metrics is not null and ($1::text is null or name = $1) order by position limit 1) as chosen,
         jsonb_array_elements(chosen.metrics) as metric
       where strpos(lower(metric ->> 'name'), lower($2)) > 0 limit $3`,
      [account ?? null, contains, limit],
    );
    return rows.map(({ metric }) => metric);
  }
}
