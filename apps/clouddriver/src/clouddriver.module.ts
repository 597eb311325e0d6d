import { HealthRegistry } from '@gennaker/http';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { ClouddriverConfig } from './clouddriver.config.js';
import { ClouddriverService, type ClouddriverPlatform } from './clouddriver.service.js';
import { ArtifactsController } from './http/artifacts.controller.js';
import { CredentialsController } from './http/credentials.controller.js';
import { InventoryController } from './http/inventory.controller.js';
import { LiveController } from './http/live.controller.js';
import { OperationsController } from './http/operations.controller.js';
import { StaleAccountsInterceptor } from './http/stale-accounts.interceptor.js';

const PLATFORM = Symbol('clouddriver platform');

/** The parts of a process's platform that the cloud driver's life depends on. */
interface CheckedPlatform extends ClouddriverPlatform {
  checks: Record<string, (signal: AbortSignal) => Promise<void>>;
}

/** Ties accounts and watches to the life of the application. */
@Injectable()
class ClouddriverLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly clouddriver: ClouddriverService,
    @Inject(PLATFORM) private readonly platform: CheckedPlatform,
    private readonly health: HealthRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const [name, check] of Object.entries(this.platform.checks)) this.health.register(name, check);
    await this.clouddriver.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.clouddriver.stop();
  }
}

@Module({})
export class ClouddriverModule {
  static register(platform: CheckedPlatform, config: ClouddriverConfig): DynamicModule {
    return {
      module: ClouddriverModule,
      controllers: [
        ArtifactsController,
        CredentialsController,
        InventoryController,
        LiveController,
        OperationsController,
      ],
      providers: [
        ClouddriverLifecycle,
        StaleAccountsInterceptor,
        { provide: PLATFORM, useValue: platform },
        { provide: ClouddriverService, useFactory: () => new ClouddriverService(platform, config) },
      ],
      exports: [ClouddriverService],
    };
  }
}
