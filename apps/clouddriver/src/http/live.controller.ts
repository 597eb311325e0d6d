import { Controller, Res } from '@nestjs/common';
import type { RouteInput } from '@gennaker/contracts';
import { errorAnswer, Input, Serves } from '@gennaker/http';
import type { FastifyReply } from 'fastify';
import { ClouddriverService } from '../clouddriver.service.js';
import * as routes from './live.routes.js';
import { serverSentEvents, whileConnected } from './server-sent-events.js';

type In<R> = RouteInput<R>;

/** What only the clusters themselves can tell: manifests, logs, jobs. */
@Controller()
export class LiveController {
  constructor(private readonly clouddriver: ClouddriverService) {}

  @Serves(routes.manifestRoute)
  manifest(
    @Input() { params, query }: In<typeof routes.manifestRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.manifests.find(params, { ...query, signal: whileConnected(reply) });
  }

  @Serves(routes.clusterWideManifestRoute)
  clusterWide(
    @Input() { params, query }: In<typeof routes.clusterWideManifestRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = { ...params, location: '_' };
    return this.clouddriver.manifests.find(id, { ...query, signal: whileConnected(reply) });
  }

  @Serves(routes.dynamicManifestRoute)
  dynamic(
    @Input() { params }: In<typeof routes.dynamicManifestRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.manifests.dynamic(params, whileConnected(reply));
  }

  @Serves(routes.clusterManifestsRoute)
  ofCluster(
    @Input() { params }: In<typeof routes.clusterManifestsRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.manifests.ofCluster(params, whileConnected(reply));
  }

  @Serves(routes.consoleRoute)
  console(
    @Input() { params }: In<typeof routes.consoleRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.console.of(params, whileConnected(reply));
  }

  /** An event per line; `end` when the container has ended, `error` when the log cannot be read on. */
  @Serves(routes.consoleStreamRoute)
  async followConsole(
    @Input() { params, query }: In<typeof routes.consoleStreamRoute>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { clock } = this.clouddriver.platform;
    await serverSentEvents(reply, {
      source: (signal) => this.clouddriver.console.follow(params, { ...query, signal }),
      errorOf: (error) => errorAnswer(error, clock.now()).body.message,
    });
  }

  @Serves(routes.jobRoute)
  job(@Input() { params }: In<typeof routes.jobRoute>, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.clouddriver.jobs.status(params, whileConnected(reply));
  }

  @Serves(routes.cancelJobRoute)
  async cancelJob(@Input() { params }: In<typeof routes.cancelJobRoute>) {
    await this.clouddriver.jobs.cancel(params);
    return null;
  }

  @Serves(routes.jobPropertiesRoute)
  jobProperties(
    @Input() { params }: In<typeof routes.jobPropertiesRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.jobs.properties(params, params.container, whileConnected(reply));
  }

  @Serves(routes.podPropertiesRoute)
  podProperties(
    @Input() { params }: In<typeof routes.podPropertiesRoute>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.jobs.podProperties(params, whileConnected(reply));
  }
}
