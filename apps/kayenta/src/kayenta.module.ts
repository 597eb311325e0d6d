import { HealthRegistry } from '@gennaker/http';
import type { Platform } from '@gennaker/platform';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CanaryConfigController } from './http/canary-config.controller.js';
import { CanaryController } from './http/canary.controller.js';
import { DocumentsController } from './http/documents.controller.js';
import { JudgesController } from './http/judges.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import type { KayentaConfig } from './kayenta.config.js';
import { KayentaService } from './kayenta.service.js';

const PLATFORM = Symbol('kayenta platform');

/** Ties the workers to the life of the application. */
@Injectable()
class KayentaLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly kayenta: KayentaService,
    @Inject(PLATFORM) private readonly platform: Platform,
    private readonly health: HealthRegistry,
  ) {}

  onApplicationBootstrap(): void {
    for (const [name, check] of Object.entries(this.platform.checks)) this.health.register(name, check);
    this.kayenta.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.kayenta.stop();
  }
}

/** The metrics judge. */
@Module({})
export class KayentaModule {
  static register(platform: Platform, config: KayentaConfig): DynamicModule {
    return {
      module: KayentaModule,
      controllers: [
        CanaryConfigController,
        CanaryController,
        DocumentsController,
        JudgesController,
        MetricsController,
      ],
      providers: [
        KayentaLifecycle,
        { provide: PLATFORM, useValue: platform },
        { provide: KayentaService, useFactory: () => new KayentaService(platform, config) },
      ],
      exports: [KayentaService],
    };
  }
}
