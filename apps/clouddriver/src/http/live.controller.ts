import { Controller, Res } from '@nestjs/common';
import * as routes from '@gennaker/contracts';
import { errorAnswer, Input, Serves, whileConnected } from '@gennaker/http';
import type { FastifyReply } from 'fastify';
import { ClouddriverService } from '../clouddriver.service.js';
import { pendingRefreshesRoute, refreshRoute } from './inventory.routes.js';
import { serverSentEvents } from './server-sent-events.js';

type In<R> = routes.RouteInput<R>;

/** What only the clusters themselves can tell: manifests, logs, jobs. */
@Controller()
export class LiveController {
  constructor(private readonly clouddriver: ClouddriverService) {}

  @Serves(routes.getManifest)
  manifest(
    @Input() { params, query }: In<typeof routes.getManifest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.kubernetes.manifests.find(params, { ...query, signal: whileConnected(reply) });
  }

  @Serves(routes.getClusterWideManifest)
  clusterWide(
    @Input() { params, query }: In<typeof routes.getClusterWideManifest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = { ...params, location: '_' };
    return this.clouddriver.kubernetes.manifests.find(id, { ...query, signal: whileConnected(reply) });
  }

  @Serves(routes.getDynamicManifest)
  dynamic(
    @Input() { params }: In<typeof routes.getDynamicManifest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.kubernetes.manifests.dynamic(params, whileConnected(reply));
  }

  @Serves(routes.listClusterManifests)
  ofCluster(
    @Input() { params }: In<typeof routes.listClusterManifests>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.kubernetes.manifests.ofCluster(params, whileConnected(reply));
  }

  @Serves(routes.getConsoleOutput)
  console(
    @Input() { params }: In<typeof routes.getConsoleOutput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.kubernetes.console.of(params, whileConnected(reply));
  }

  /** An event per line; `end` when the container has ended, `error` when the log cannot be read on. */
  @Serves(routes.followConsoleOutput)
  async followConsole(
    @Input() { params, query }: In<typeof routes.followConsoleOutput>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { clock } = this.clouddriver.platform;
    await serverSentEvents(reply, {
      source: (signal) => this.clouddriver.kubernetes.console.follow(params, { ...query, signal }),
      errorOf: (error) => errorAnswer(error, clock.now()).body.message,
    });
  }

  @Serves(routes.getJob)
  job(@Input() { params }: In<typeof routes.getJob>, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.clouddriver.kubernetes.jobs.status(params, whileConnected(reply));
  }

  @Serves(routes.cancelJob)
  async cancelJob(@Input() { params }: In<typeof routes.cancelJob>) {
    await this.clouddriver.kubernetes.jobs.cancel(params);
    return null;
  }

  @Serves(routes.getJobProperties)
  jobProperties(
    @Input() { params }: In<typeof routes.getJobProperties>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.kubernetes.jobs.properties(params, params.container, whileConnected(reply));
  }

  @Serves(routes.getPodProperties)
  podProperties(
    @Input() { params }: In<typeof routes.getPodProperties>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.kubernetes.jobs.podProperties(params, whileConnected(reply));
  }

  @Serves(refreshRoute)
  async refresh(@Input() { body }: In<typeof refreshRoute>, @Res({ passthrough: true }) reply: FastifyReply) {
    const refreshed = await this.clouddriver.kubernetes.refresh.refresh(body, whileConnected(reply));
    return { cachedIdentifiersByType: refreshed };
  }

  @Serves(pendingRefreshesRoute)
  pending() {
    return [];
  }
}
