import { randomUUID } from 'node:crypto';
import { AnonymousAuthenticator, HeaderAuthenticator, OpenAccess, RoleGatedAccess } from '@gennaker/access';
import { Catalog, PipelineTemplates } from '@gennaker/catalog';
import { EventStore } from '@gennaker/event-store';
import { ExecutionCommands, ExecutionQueries, ExecutionStore } from '@gennaker/execution-store';
import { Halts, InFlightWork } from '@gennaker/halt';
import { HealthRegistry, type HttpAppOptions } from '@gennaker/http';
import { IdGenerator } from '@gennaker/kernel';
import { OperationStore } from '@gennaker/operation';
import type { Platform } from '@gennaker/platform';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type Provider,
} from '@nestjs/common';
import { CanariesController } from './canary/canaries.controller.js';
import { CanaryJudge } from './canary/canary-judge.js';
import { CanaryConfigsController } from './canary/canary-configs.controller.js';
import { CanaryMetricsController } from './canary/canary-metrics.controller.js';
import { Kayenta } from './canary/kayenta.js';
import { ApplicationsController } from './applications/applications.controller.js';
import { ExecutionDeleter } from './executions/execution-deleter.js';
import { ExecutionListsController } from './executions/execution-lists.controller.js';
import { ExecutionReader } from './executions/execution-reader.js';
import { ExecutionServices } from './executions/execution-services.js';
import { ExecutionStarter } from './executions/execution-starter.js';
import { ExpressionBenchController } from './executions/expression-bench.controller.js';
import { ExportController } from './export/export.controller.js';
import { exportProviders } from './export/export.providers.js';
import { ExpressionsController } from './executions/expressions.controller.js';
import { ExecutionsController } from './executions/executions.controller.js';
import type { GateConfig } from './gate.config.js';
import { HaltController } from './halt/halt.controller.js';
import { HaltLiveController } from './halt/halt-live.controller.js';
import { HaltTargets } from './halt/halt-targets.js';
import { HaltViews } from './halt/halt-views.js';
import { AccountAccess } from './infrastructure/account-access.js';
import { ArtifactsController } from './infrastructure/artifacts.controller.js';
import { Clouddriver } from './infrastructure/clouddriver.js';
import { ClustersController } from './infrastructure/clusters.controller.js';
import { CredentialsController } from './infrastructure/credentials.controller.js';
import { Infrastructure } from './infrastructure/infrastructure.js';
import { InfrastructureController } from './infrastructure/infrastructure.controller.js';
import { InfrastructureTexts } from './infrastructure/infrastructure-texts.js';
import { InventoryDatabase } from './infrastructure/inventory-database.js';
import { InventoryInfrastructure } from './infrastructure/inventory-infrastructure.js';
import { OperationsController } from './infrastructure/operations.controller.js';
import { SearchController } from './infrastructure/search.controller.js';
import { ReadableAccounts } from './infrastructure/readable-accounts.js';
import { StaleAccountsInterceptor } from './infrastructure/stale-accounts.interceptor.js';
import { SecurityGroupsController } from './infrastructure/security-groups.controller.js';
import { ApplicationEvents } from './live/application-events.js';
import { LiveController } from './live/live.controller.js';
import { LiveStreams } from './live/live-streams.js';
import { AbsentFeaturesController } from './misc/absent-features.controller.js';
import { AuthController } from './misc/auth.controller.js';
import { DeckAddress } from './misc/deck-address.js';
import { MiscController } from './misc/misc.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { PipelineConfigsController } from './pipelines/pipeline-configs.controller.js';
import { PipelinesController } from './pipelines/pipelines.controller.js';
import { ProjectsController } from './projects/projects.controller.js';
import { StageTypes } from './stage-types.js';
import { FailedStagesController } from './stages/failed-stages.controller.js';
import { StagesController } from './stages/stages.controller.js';
import { StrategiesController } from './strategies/strategies.controller.js';
import { FinishedTasks } from './tasks/finished-tasks.js';
import { TasksController } from './tasks/tasks.controller.js';
import { TemplatesController } from './templates/templates.controller.js';
import { WebhookTriggers } from './webhooks/webhook-triggers.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';

const PLATFORM = Symbol('gate platform');

/** Puts what the gate needs into readiness, and tells viewers of changes to the catalogue. */
@Injectable()
class GateLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(PLATFORM) private readonly platform: Platform,
    private readonly catalog: Catalog,
    private readonly health: HealthRegistry,
    private readonly clouddriver: Clouddriver,
    private readonly kayenta: Kayenta,
  ) {}

  onApplicationBootstrap(): void {
    for (const [name, check] of Object.entries(this.platform.checks)) this.health.register(name, check);
    this.catalog.store.onChange((changed) => this.platform.live.publish(changed));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.clouddriver.close(), this.kayenta.close()]);
  }
}

/** The front door. */
@Module({})
export class GateModule {
  static register(platform: Platform, config: GateConfig): DynamicModule {
    return {
      module: GateModule,
      controllers: [
        AbsentFeaturesController,
        ApplicationsController,
        ArtifactsController,
        AuthController,
        CanariesController,
        CanaryConfigsController,
        CanaryMetricsController,
        ClustersController,
        CredentialsController,
        ExecutionListsController,
        ExecutionsController,
        ExportController,
        ExpressionBenchController,
        ExpressionsController,
        FailedStagesController,
        HaltController,
        HaltLiveController,
        InfrastructureController,
        LiveController,
        MiscController,
        OpenApiController,
        OperationsController,
        PipelineConfigsController,
        PipelinesController,
        ProjectsController,
        SearchController,
        SecurityGroupsController,
        StagesController,
        StrategiesController,
        TasksController,
        TemplatesController,
        WebhooksController,
      ],
      providers: [
        ...platformProviders(platform, config),
        ExecutionDeleter,
        ExecutionReader,
        ExecutionStarter,
        FinishedTasks,
        GateLifecycle,
        HaltTargets,
        HaltViews,
        InfrastructureTexts,
        {
          provide: PipelineTemplates,
          useFactory: (catalog: Catalog) =>
            new PipelineTemplates(catalog.templates, () => ({
              now: platform.clock.now(),
              random: Math.random,
              uuid: randomUUID,
            })),
          inject: [Catalog],
        },
        ReadableAccounts,
        StaleAccountsInterceptor,
        WebhookTriggers,
      ],
    };
  }
}

function platformProviders(platform: Platform, config: GateConfig): Provider[] {
  const { pool } = platform.database;
  const stageTypes = new StageTypes(config.operatorStages);
  const operations = new OperationStore(platform.journal, platform.blobs, platform.seals);
  return [
    { provide: PLATFORM, useValue: platform },
    { provide: IdGenerator, useValue: platform.ids },
    { provide: EventStore, useValue: platform.journal.store },
    { provide: ExecutionStore, useValue: platform.executions },
    { provide: ExecutionQueries, useValue: platform.executionQueries },
    { provide: ExecutionCommands, useValue: platform.executionCommands },
    {
      provide: ExecutionServices,
      useValue: new ExecutionServices({
        store: platform.executions,
        queries: platform.executionQueries,
        commands: platform.executionCommands,
        clock: platform.clock,
        ids: platform.ids,
      }),
    },
    { provide: OperationStore, useValue: operations },
    { provide: Halts, useValue: platform.halts },
    { provide: InFlightWork, useValue: new InFlightWork(pool, platform.executions, operations) },
    { provide: StageTypes, useValue: stageTypes },
    {
      provide: Catalog,
      useValue: new Catalog(pool, platform.journal.store, platform.clock, {
        stageTypes: stageTypes.names,
        stageFields: stageTypes.unfinishedProblems,
        lenientExpressions: config.expressions === 'lenient',
      }),
    },
    { provide: CanaryJudge, useValue: new CanaryJudge(platform) },
    { provide: Clouddriver, useFactory: () => new Clouddriver(config.clouddriver) },
    { provide: Kayenta, useFactory: () => new Kayenta(config.kayenta) },
    { provide: Infrastructure, useClass: InventoryInfrastructure },
    { provide: InventoryDatabase, useValue: new InventoryDatabase(pool) },
    ...exportProviders(platform, config, stageTypes),
    { provide: DeckAddress, useValue: new DeckAddress(config.deckBaseUrl) },
    { provide: ApplicationEvents, useValue: new ApplicationEvents(pool) },
    { provide: LiveStreams, useFactory: () => new LiveStreams(platform.live, config.maxLiveStreams) },
  ];
}

/** How `createHttpApp` serves the gate, alone or together with other services. */
export function gateHttpOptions(platform: Platform, config: GateConfig): HttpAppOptions {
  return {
    service: 'gate',
    logLevel: config.logLevel,
    bodyLimit: config.bodyLimit,
    bodyLimits: { '/export': config.importLimit, '/import/spinnaker': config.importLimit },
    requestTimeoutMs: config.requestTimeoutMs,
    trustProxy: config.trustProxy,
    cors: { origins: config.corsOrigins },
    ...(config.rateLimit === undefined ? {} : { rateLimit: config.rateLimit }),
    ...(config.trustUserHeader
      ? {
          authenticator: new HeaderAuthenticator(),
          access: new AccountAccess(
            new RoleGatedAccess(new OpenAccess(), { action: 'HALT', roles: config.haltRoles }),
            platform.database.pool,
            platform.clock,
          ),
        }
      : { authenticator: new AnonymousAuthenticator() }),
    clock: platform.clock,
  };
}
