import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { Asks } from '@gennaker/access';
import { metricsRegistry } from '@gennaker/observability';
import type { FastifyReply } from 'fastify';
import { HealthRegistry } from './health.js';

const PUBLIC = { action: 'PUBLIC', resource: 'installation' } as const;

/** Liveness, readiness and metrics, for orchestrators and monitoring. Never needs a sign-in. */
@Controller()
@Asks(PUBLIC)
export class HealthController {
  constructor(private readonly health: HealthRegistry) {}

  @Get(['health', 'health/readiness'])
  async readiness(@Res() reply: FastifyReply): Promise<void> {
    const report = await this.health.report();
    await reply
      .code(report.status === 'UP' ? 200 : 503)
      .send({ ...report, groups: ['liveness', 'readiness'] });
  }

  @Get('health/liveness')
  @HttpCode(200)
  liveness(): { status: 'UP' } {
    return { status: 'UP' };
  }

  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.type(metricsRegistry.contentType).send(await metricsRegistry.metrics());
  }
}
