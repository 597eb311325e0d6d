import type { OnApplicationBootstrap, OnModuleDestroy, Provider, Type } from '@nestjs/common';
import { type HealthCheck, HealthRegistry } from './health.js';

/** What works as long as its application is up. */
export interface RunningService {
  start(): void | Promise<void>;
  stop(): Promise<void>;
}

class ServiceLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly service: RunningService,
    private readonly health: HealthRegistry,
    private readonly checks: Readonly<Record<string, HealthCheck>>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const [name, check] of Object.entries(this.checks)) this.health.register(name, check);
    await this.service.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.service.stop();
  }
}

/**
 * A provider that ties a service's work to the life of the application, and what the service depends on to readiness.
 *
 * @param service the provider's token
 * @param checks the dependencies, by name
 */
export function serviceLifecycle<Service extends RunningService>(
  service: Type<Service>,
  checks: Readonly<Record<string, HealthCheck>>,
): Provider {
  return {
    provide: Symbol(`${service.name} lifecycle`),
    useFactory: (running: Service, health: HealthRegistry) => new ServiceLifecycle(running, health, checks),
    inject: [service, HealthRegistry],
  };
}
