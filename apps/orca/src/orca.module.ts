import { serviceLifecycle } from '@gennaker/http';
import type { Platform } from '@gennaker/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { OrcaService } from './orca.service.js';
import type { OrcaConfig } from './orca.config.js';

@Module({})
export class OrcaModule {
  static register(platform: Platform, config: OrcaConfig): DynamicModule {
    return {
      module: OrcaModule,
      providers: [
        serviceLifecycle(OrcaService, platform.checks),
        { provide: OrcaService, useFactory: () => new OrcaService(platform, config) },
      ],
    };
  }
}
