import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { Access, AccessGuard, Authenticator } from '@gennaker/access';
import { Clock } from '@gennaker/kernel';
import { ErrorFilter } from './error.filter.js';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health.js';
import { PagingInterceptor } from './paging.interceptor.js';
import { RouteTable } from './route-table.js';

export interface HttpModuleParts {
  authenticator: Authenticator;
  access: Access;
  clock: Clock;
  routes: RouteTable;
}

/** What every service has: health, metrics, the error filter and the access guard. */
@Global()
@Module({})
export class HttpModule {
  static register(root: DynamicModule, parts: HttpModuleParts): DynamicModule {
    return {
      module: HttpModule,
      imports: [root],
      controllers: [HealthController],
      providers: [
        HealthRegistry,
        { provide: Authenticator, useValue: parts.authenticator },
        { provide: Access, useValue: parts.access },
        { provide: Clock, useValue: parts.clock },
        { provide: RouteTable, useValue: parts.routes },
        { provide: APP_FILTER, useClass: ErrorFilter },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_INTERCEPTOR, useClass: PagingInterceptor },
      ],
      exports: [HealthRegistry, Access, Authenticator, Clock],
    };
  }
}
