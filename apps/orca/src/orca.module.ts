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
import { OrcaService } from './orca.service.js';
import type { OrcaConfig } from './orca.config.js';

const PLATFORM = Symbol('orca platform');

/** Ties the workers to the life of the application. */
@Injectable()
class OrcaLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly orca: OrcaService,
    @Inject(PLATFORM) private readonly platform: Platform,
    private readonly health: HealthRegistry,
  ) {}

  onApplicationBootstrap(): void {
    for (const [name, check] of Object.entries(this.platform.checks)) this.health.register(name, check);
    this.orca.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.orca.stop();
  }
}

@Module({})
export class OrcaModule {
  static register(platform: Platform, config: OrcaConfig): DynamicModule {
    return {
      module: OrcaModule,
      providers: [
        OrcaLifecycle,
        { provide: PLATFORM, useValue: platform },
        { provide: OrcaService, useFactory: () => new OrcaService(platform, config) },
      ],
    };
  }
}
