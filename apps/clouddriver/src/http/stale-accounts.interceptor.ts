import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { inventoryHealth } from '@gennaker/inventory';
import type { FastifyReply } from 'fastify';
import { ClouddriverService } from '../clouddriver.service.js';

/** Names, in answers that are read from the inventory, the accounts whose part may be out of date. */
const STALE_ACCOUNTS = 'X-Gennaker-Stale-Accounts';
const REMEMBER_MS = 1_000;

/** Spinnaker's shapes have no place for "this may be old"; a header has. */
@Injectable()
export class StaleAccountsInterceptor implements NestInterceptor {
  private known: { at: number; stale: Promise<string> } | undefined;

  constructor(private readonly clouddriver: ClouddriverService) {}

  async intercept(context: ExecutionContext, next: CallHandler) {
    const stale = await this.stale();
    if (stale !== '') void context.switchToHttp().getResponse<FastifyReply>().header(STALE_ACCOUNTS, stale);
    return next.handle();
  }

  private stale(): Promise<string> {
    const { clock } = this.clouddriver.platform;
    if (this.known === undefined || clock.now() - this.known.at > REMEMBER_MS) {
      const stale = this.read();
      this.known = { at: clock.now(), stale };
      stale.catch(() => (this.known = undefined));
    }
    return this.known.stale;
  }

  private async read(): Promise<string> {
    const { kubernetes, platform } = this.clouddriver;
    const names = kubernetes.registry.all().map((entry) => entry.name);
    const health = await inventoryHealth(platform.database.pool, names);
    return health
      .filter(({ state }) => state !== 'UP')
      .map(({ account }) => encodeURIComponent(account))
      .join(',');
  }
}
