import { serviceLifecycle } from '@gennaker/http';
import { type DynamicModule, Module } from '@nestjs/common';
import type { ClouddriverConfig } from './clouddriver.config.js';
import { ClouddriverService, type ClouddriverPlatform } from './clouddriver.service.js';
import { ArtifactsController } from './http/artifacts.controller.js';
import { CredentialsController } from './http/credentials.controller.js';
import { InventoryController } from './http/inventory.controller.js';
import { LiveController } from './http/live.controller.js';
import { OperationsController } from './http/operations.controller.js';
import { StaleAccountsInterceptor } from './http/stale-accounts.interceptor.js';

/** The parts of a process's platform that the cloud driver's life depends on. */
interface CheckedPlatform extends ClouddriverPlatform {
  checks: Record<string, (signal: AbortSignal) => Promise<void>>;
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
        StaleAccountsInterceptor,
        serviceLifecycle(ClouddriverService, platform.checks),
        { provide: ClouddriverService, useFactory: () => new ClouddriverService(platform, config) },
      ],
      exports: [ClouddriverService],
    };
  }
}
