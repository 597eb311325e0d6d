import { ServiceAuthenticator } from '@gennaker/access';
import { type HttpAppOptions, serviceLifecycle } from '@gennaker/http';
import type { Platform } from '@gennaker/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { CanaryConfigController } from './http/canary-config.controller.js';
import { CanaryController } from './http/canary.controller.js';
import { DocumentsController } from './http/documents.controller.js';
import { JudgesController } from './http/judges.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import type { KayentaConfig } from './kayenta.config.js';
import { KayentaService } from './kayenta.service.js';

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
        serviceLifecycle(KayentaService, platform.checks),
        { provide: KayentaService, useFactory: () => new KayentaService(platform, config) },
      ],
      exports: [KayentaService],
    };
  }
}

/** How `createHttpApp` serves the metrics judge: to other services, which say who asks and from where. */
export function kayentaHttpOptions({ serviceToken }: KayentaConfig): HttpAppOptions {
  return { service: 'kayenta', authenticator: new ServiceAuthenticator(serviceToken), trustProxy: true };
}
