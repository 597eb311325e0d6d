import type pg from 'pg';

/** The database that the inventory's views read. */
export class InventoryDatabase {
  readonly query: pg.Pool['query'];

  constructor(pool: pg.Pool) {
    this.query = pool.query.bind(pool);
  }
}
