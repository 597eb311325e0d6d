import * as routes from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import { accountView } from '@gennaker/inventory';
import { NotFoundError, UnavailableError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ServiceCall } from '../services/service-client.js';
import { Clouddriver } from './clouddriver.js';
import { Calling } from '../services/calling.js';
import { InventoryDatabase } from './inventory-database.js';
import { manifestView } from './manifest-view.js';
import { passOn } from './pass-on.js';

type In<R> = routes.RouteInput<R>;

/** What only the clusters themselves can tell: manifests, logs, jobs, plans. The cloud driver asks them. */
@Controller()
export class ClustersController {
  constructor(
    private readonly clouddriver: Clouddriver,
    private readonly db: InventoryDatabase,
  ) {}

  /** Of a cluster that cannot be asked, what was seen of it last, with a warning. */
  @Serves(routes.getManifest)
  async manifest(@Input() input: In<typeof routes.getManifest>, @Calling() call: ServiceCall) {
    const { params } = input;
    const { account, location, name } = params;
    const missing = new NotFoundError(
      'gate.no_such_manifest',
      `Unable to find ${name} in ${account}/${location}`,
    );
    try {
      return await this.clouddriver.call(routes.getManifest, input, call);
    } catch (error) {
      if (error instanceof NotFoundError) throw missing;
      if (!(error instanceof UnavailableError)) throw error;
      const known = await manifestView(this.db, params).catch(() => undefined);
      if (known === undefined) throw (await accountView(this.db, account)) === undefined ? missing : error;
      return { ...known, warnings: [{ type: 'stale', message: `As it was seen last: ${error.message}` }] };
    }
  }

  @Serves(routes.getDynamicManifest)
  dynamic(@Input() input: In<typeof routes.getDynamicManifest>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.getDynamicManifest, input, call);
  }

  @Serves(routes.listClusterManifests)
  ofCluster(@Input() input: In<typeof routes.listClusterManifests>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.listClusterManifests, input, call);
  }

  @Serves(routes.planManifests)
  plan(@Input() input: In<typeof routes.planManifests>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.planManifests, input, call);
  }

  /** Why there is nothing to read is said in the place of what could be read, as Spinnaker does. */
  @Serves(routes.getConsoleOutput)
  async console(@Input() input: In<typeof routes.getConsoleOutput>, @Calling() call: ServiceCall) {
    try {
      return await this.clouddriver.call(routes.getConsoleOutput, input, call);
    } catch (error) {
      if (!(error instanceof NotFoundError || error instanceof UnavailableError)) throw error;
      return { output: [{ name: 'Error', output: error.message }] };
    }
  }

  @Serves(routes.followConsoleOutput)
  async followConsole(
    @Input() input: In<typeof routes.followConsoleOutput>,
    @Calling() call: ServiceCall,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await passOn(await this.clouddriver.stream(routes.followConsoleOutput, input, call), reply);
  }

  /** An unknown job is an empty answer to Spinnaker's clients, not an error. */
  @Serves(routes.getJob)
  async job(@Input() input: In<typeof routes.getJob>, @Calling() call: ServiceCall) {
    try {
      return await this.clouddriver.call(routes.getJob, input, call);
    } catch (error) {
      if (error instanceof NotFoundError) return {};
      throw error;
    }
  }

  @Serves(routes.cancelJob)
  cancelJob(@Input() input: In<typeof routes.cancelJob>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.cancelJob, input, call);
  }

  @Serves(routes.getJobProperties)
  jobProperties(@Input() input: In<typeof routes.getJobProperties>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.getJobProperties, input, call);
  }

  @Serves(routes.getPodProperties)
  podProperties(@Input() input: In<typeof routes.getPodProperties>, @Calling() call: ServiceCall) {
    return this.clouddriver.call(routes.getPodProperties, input, call);
  }
}
