import { artifactSchema } from '@gennaker/artifact';
import * as routes from '@gennaker/contracts';
import { Input, Serves, whileConnected } from '@gennaker/http';
import { InvalidInputError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ClouddriverService } from '../clouddriver.service.js';

type In<R> = routes.RouteInput<R>;

/** What pipelines take in from elsewhere: files, objects, charts. */
@Controller()
export class ArtifactsController {
  constructor(private readonly clouddriver: ClouddriverService) {}

  @Serves(routes.listArtifactAccounts)
  accounts() {
    return this.clouddriver.artifacts.accounts();
  }

  @Serves(routes.fetchArtifact)
  async fetch(@Input() { body }: In<typeof routes.fetchArtifact>, @Res() reply: FastifyReply): Promise<void> {
    const artifact = artifactSchema.safeParse(body);
    if (!artifact.success) {
      throw new InvalidInputError(
        'artifact.invalid',
        artifact.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
      );
    }
    const bytes = await this.clouddriver.artifacts.fetch(artifact.data, whileConnected(reply));
    await reply.type('application/octet-stream').send(bytes);
  }

  @Serves(routes.listArtifactNames)
  names(
    @Input() { params }: In<typeof routes.listArtifactNames>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.clouddriver.artifacts.names(params.account, whileConnected(reply));
  }

  @Serves(routes.listArtifactVersions)
  versions(
    @Input() { params, query }: In<typeof routes.listArtifactVersions>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { artifactName } = query;
    if (artifactName === undefined) {
      throw new InvalidInputError('artifact.no_name', [{ path: 'artifactName', message: 'is missing' }]);
    }
    return this.clouddriver.artifacts.versions(params.account, artifactName, whileConnected(reply));
  }
}
