import { attributesOf, Catalog, toConfig } from '@gennaker/catalog';
import {
  type RouteInput,
  getApplication,
  getApplicationHistory,
  getPipelineConfig,
  getStrategyConfig,
  listApplications,
  listPipelineConfigs,
  listStrategyConfigsOf,
} from '@gennaker/contracts';
import { CalledBy, type Caller, historyPage, Input, JsonText, Serves } from '@gennaker/http';
import type { VisibleAccounts } from '@gennaker/inventory';
import { type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Infrastructure } from '../infrastructure/infrastructure.js';
import { ReadableAccounts } from '../infrastructure/readable-accounts.js';
import { PipelineTexts } from '../pipelines/pipeline-texts.js';

/** Applications and what is configured in them. */
@Controller()
export class ApplicationsController {
  private readonly pipelineTexts: PipelineTexts;

  constructor(
    private readonly catalog: Catalog,
    private readonly infrastructure: Infrastructure,
    private readonly readable: ReadableAccounts,
  ) {
    this.pipelineTexts = new PipelineTexts(catalog);
  }

  @Serves(listApplications)
  async list(
    @Input() { query }: RouteInput<typeof listApplications>,
    @CalledBy() { principal }: Caller,
  ): Promise<JsonObject[]> {
    const accounts = await this.readable.of(principal);
    const [items, running, inAccount] = await Promise.all([
      this.catalog.applications.list(),
      this.infrastructure.applicationNames(accounts),
      this.runningIn(query.account, accounts),
    ]);
    const known = new Set(items.map((item) => item.id));
    const all = [
      ...items.map(attributesOf),
      ...running.filter((name) => !known.has(name)).map((name): JsonObject => ({ name })),
    ];
    return all.filter(
      (attributes) =>
        (inAccount.has(String(attributes.name).toLowerCase()) ||
          matches(attributes.accounts, query.account, true)) &&
        matches(attributes.email, query.owner, false),
    );
  }

  @Serves(getApplication)
  async get(
    @Input() { params, query }: RouteInput<typeof getApplication>,
    @CalledBy() { principal }: Caller,
  ): Promise<JsonObject> {
    const name = params.application.toLowerCase();
    const accounts = await this.readable.of(principal);
    const [item, running] = await Promise.all([
      this.catalog.applications.find(name),
      this.infrastructure.application(name, { expand: query.expand, accounts }),
    ]);
    if (item === undefined && running === undefined) {
      throw new NotFoundError(
        'gate.no_such_application',
        `Application not found (id: ${params.application})`,
      );
    }
    const attributes = {
      ...(running === undefined ? {} : { accounts: running.accounts, cloudProviders: 'kubernetes' }),
      ...(item === undefined ? { name } : attributesOf(item)),
    };
    return { name, attributes, clusters: query.expand ? (running?.clusters ?? {}) : {} };
  }

  @Serves(getApplicationHistory)
  async history(
    @Input() { params, query }: RouteInput<typeof getApplicationHistory>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const name = params.application.toLowerCase();
    return historyPage(
      (limit, before) => this.catalog.store.history('application', name, limit, before),
      `/applications/${encodeURIComponent(name)}/history`,
      query,
      reply,
    );
  }

  @Serves(listPipelineConfigs)
  async pipelineConfigs(
    @Input() { params, query }: RouteInput<typeof listPipelineConfigs>,
  ): Promise<JsonText> {
    return this.pipelineTexts.ofApplication(params.application, {
      nameContains: query.pipelineNameFilter,
      limit: query.pipelineLimit,
    });
  }

  @Serves(getPipelineConfig)
  async pipelineConfig(
    @Input() { params }: RouteInput<typeof getPipelineConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    const item = await this.catalog.pipelines.findByNameOrId(params.application, params.name);
    if (item === undefined) {
      throw new NotFoundError(
        'gate.no_such_pipeline',
        `Pipeline configuration not found (id: ${params.name})`,
      );
    }
    void reply.header('ETag', `"${item.version}"`);
    return toConfig(item);
  }

  @Serves(listStrategyConfigsOf)
  async strategyConfigs(
    @Input() { params }: RouteInput<typeof listStrategyConfigsOf>,
  ): Promise<JsonObject[]> {
    return this.catalog.strategies.list(params.application);
  }

  @Serves(getStrategyConfig)
  async strategyConfig(@Input() { params }: RouteInput<typeof getStrategyConfig>): Promise<JsonObject> {
    const item = await this.catalog.strategies.findByNameOrId(params.application, params.name);
    if (item === undefined) {
      throw new NotFoundError(
        'gate.no_such_strategy',
        `Strategy configuration not found (id: ${params.name})`,
      );
    }
    return toConfig(item);
  }

  /** Names of the applications that run in an account of that name, whatever its case. */
  private async runningIn(
    account: string | undefined,
    readable: VisibleAccounts,
  ): Promise<ReadonlySet<string>> {
    if (account === undefined) return new Set();
    const names = readable ?? [...(await this.infrastructure.accountNames())];
    const named = names.filter((name) => name.toLowerCase() === account.toLowerCase());
    return new Set(named.length === 0 ? [] : await this.infrastructure.applicationNames(named));
  }
}

function matches(value: unknown, wanted: string | undefined, isList: boolean): boolean {
  if (wanted === undefined) return true;
  const lower = String(value ?? '').toLowerCase();
  return (isList ? lower.split(',') : [lower]).includes(wanted.toLowerCase());
}
