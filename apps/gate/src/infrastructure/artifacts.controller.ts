import * as routes from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import { UnavailableError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ServiceCall } from '../services/service-client.js';
import { Clouddriver } from './clouddriver.js';
import { Calling } from '../services/calling.js';
import { passOn } from './pass-on.js';

type In<R> = routes.RouteInput<R>;

/** Files, objects and charts that pipelines take in; the cloud driver has the credentials to fetch them. */
@Controller()
export class ArtifactsController {
  constructor(private readonly clouddriver: Clouddriver) {}

  /** None without a cloud driver: clients ask as they start, and nothing can be fetched meanwhile. */
  @Serves(routes.listArtifactAccounts)
  async accounts(@Calling() call: ServiceCall) {
    try {
      return await this.clouddriver.call(routes.listArtifactAccounts, {}, call);
    } catch (error) {
      if (error instanceof UnavailableError) return [];
      throw error;
    }
  }

  @Serves(routes.fetchArtifact)
  async fetch(
    @Input() input: In<typeof routes.fetchArtifact>,
    @Calling() call: ServiceCall,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await passOn(await this.clouddriver.stream(routes.fetchArtifact, input, call), reply);
  }

  @Serves(routes.listArtifactNames)
  names(@Input() input: In<typeof routes.listArtifactNames>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.listArtifactNames, input, call);
  }

  @Serves(routes.listArtifactVersions)
  versions(@Input() input: In<typeof routes.listArtifactVersions>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.listArtifactVersions, input, call);
  }
}
