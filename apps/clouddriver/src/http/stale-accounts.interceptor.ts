import { STALE_ACCOUNTS_HEADER, StaleAccounts } from '@gennaker/inventory';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ClouddriverService } from '../clouddriver.service.js';

/** Names, in answers that are read from the inventory, the accounts whose part may be out of date. */
@Injectable()
export class StaleAccountsInterceptor implements NestInterceptor {
  private readonly stale: StaleAccounts;

  constructor({ platform, kubernetes }: ClouddriverService) {
    this.stale = new StaleAccounts(platform.database.pool, platform.clock, () =>
      kubernetes.registry.all().map(({ name }) => name),
    );
  }

  async intercept(context: ExecutionContext, next: CallHandler) {
    const names = await this.stale.names();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    if (names !== '') void reply.header(STALE_ACCOUNTS_HEADER, names);
    return next.handle();
  }
}
