import { accountViews, STALE_ACCOUNTS_HEADER, StaleAccounts } from '@gennaker/inventory';
import { Clock } from '@gennaker/kernel';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { InventoryDatabase } from './inventory-database.js';

/** Names, in answers that are read from the inventory, the accounts whose part may be out of date. */
@Injectable()
export class StaleAccountsInterceptor implements NestInterceptor {
  private readonly stale: StaleAccounts;

  constructor(db: InventoryDatabase, clock: Clock) {
    this.stale = new StaleAccounts(db, clock, async () => (await accountViews(db)).map(({ name }) => name));
  }

  async intercept(context: ExecutionContext, next: CallHandler) {
    const names = await this.stale.names();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    if (names !== '') void reply.header(STALE_ACCOUNTS_HEADER, names);
    return next.handle();
  }
}
