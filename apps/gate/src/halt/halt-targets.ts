import { Catalog } from '@gennaker/catalog';
import type { beginHalt, RouteInput } from '@gennaker/contracts';
import { ExecutionQueries } from '@gennaker/execution-store';
import type { HaltTarget } from '@gennaker/halt';
import { InvalidInputError } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { Infrastructure } from '../infrastructure/infrastructure.js';

type Asked = RouteInput<typeof beginHalt>['body'];

const MOST_NAMED = 20;

/** Finds what somebody wants to halt. A name that nothing has would halt nothing, and nobody would notice. */
@Injectable()
export class HaltTargets {
  constructor(
    private readonly catalog: Catalog,
    private readonly queries: ExecutionQueries,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** @throws InvalidInputError for what there is not */
  async targetOf(asked: Asked): Promise<HaltTarget> {
    switch (asked.scope) {
      case 'everything':
        return { scope: 'everything' };
      case 'application':
        return { scope: 'application', application: await this.application(asked.application ?? '') };
      case 'account':
        return { scope: 'account', account: await this.account(asked.account ?? '') };
      case 'pipeline':
        return this.pipeline(asked.pipeline ?? '', asked.application);
    }
  }

  private async application(name: string): Promise<string> {
    const [stored, [ran], running] = await Promise.all([
      this.catalog.applications.find(name),
      this.queries.list({ application: name }, { limit: 1 }),
      this.infrastructure.applicationNames(),
    ]);
    if (stored === undefined && ran === undefined && !running.includes(name.toLowerCase())) {
      throw unknown('application', `there is no application "${name}"`);
    }
    return name;
  }

  private async account(name: string): Promise<string> {
    const names = await this.infrastructure.accountNames();
    if (names.has(name)) return name;
    const known = names.size === 0 ? 'there are none' : [...names].slice(0, MOST_NAMED).join(', ');
    throw unknown('account', `there is no account "${name}"; the accounts are: ${known}`);
  }

  private async pipeline(idOrName: string, application: string | undefined): Promise<HaltTarget> {
    const found =
      application === undefined
        ? ((await this.catalog.pipelines.find(idOrName)) ?? (await this.catalog.strategies.find(idOrName)))
        : await this.catalog.pipelines.findByNameOrId(application, idOrName);
    if (found !== undefined) {
      const { id, name, application: owner } = found;
      return { scope: 'pipeline', pipeline: id, ...(owner && { application: owner }), pipelineName: name };
    }
    // Its configuration may be gone while executions of it still run.
    const [ran] = await this.queries.list({ pipelineConfigIds: [idOrName] }, { limit: 1 });
    if (ran !== undefined) return { scope: 'pipeline', pipeline: idOrName, application: ran.application };
    throw unknown(
      'pipeline',
      application === undefined
        ? `there is no pipeline with the id "${idOrName}"; to name one, say also the application`
        : `application "${application}" has no pipeline "${idOrName}"`,
    );
  }
}

function unknown(path: string, message: string): InvalidInputError {
  return new InvalidInputError('halt.no_such_target', [{ path, message }]);
}
