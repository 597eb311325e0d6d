import { planManifests, type RouteInput } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { InvalidInputError, type JsonObject, withTimeLimit } from '@gennaker/kernel';
import { taskView } from '@gennaker/operation';
import { Controller } from '@nestjs/common';
import { ulid } from 'ulid';
import { ClouddriverService } from '../clouddriver.service.js';
import type { OperationCaller } from '../operations/operation-definition.js';
import * as routes from './operations.routes.js';

type In<R> = RouteInput<R>;

const PLAN_TIMEOUT_MS = 120_000;

/** Operations on clouds: asking for them, and how they stand. */
@Controller()
export class OperationsController {
  constructor(private readonly clouddriver: ClouddriverService) {}

  @Serves(routes.requestOperationRoute)
  async request(
    @Input() { params, query, body }: In<typeof routes.requestOperationRoute>,
    @CalledBy() caller: Caller,
  ): Promise<{ id: string; resourceUri: string }> {
    const { operations, registry } = this.clouddriver.operations;
    const [kind, description] = onlyOperation(body);
    await registry.get(params.cloudProvider, kind).check(description, callerOf(caller));
    const { id } = await operations.request({
      id: query.clientRequestId || ulid(this.clouddriver.platform.clock.now()),
      kind,
      cloudProvider: params.cloudProvider,
      account: String(description['account'] ?? description['credentials']),
      ...applicationOf(description),
      ...callerOf(caller),
      description,
    });
    return { id, resourceUri: `/task/${id}` };
  }

  @Serves(routes.taskRoute)
  async task(@Input() { params }: In<typeof routes.taskRoute>) {
    const operation = await this.clouddriver.operations.operations.get(params.id);
    return taskView(operation, this.clouddriver.platform.instance);
  }

  @Serves(routes.cancelTaskRoute)
  async cancel(@Input() { params, query }: In<typeof routes.cancelTaskRoute>, @CalledBy() caller: Caller) {
    const { operations } = this.clouddriver.operations;
    return {
      canceled: await operations.cancel(params.id, caller.principal.username, query.reason ?? undefined),
    };
  }

  @Serves(planManifests)
  async plan(@Input() { body }: In<typeof planManifests>, @CalledBy() caller: Caller) {
    return withTimeLimit(PLAN_TIMEOUT_MS, undefined, (signal) =>
      this.clouddriver.kubernetes.plan(body, callerOf(caller), signal),
    );
  }

  @Serves(routes.stageFeaturesRoute)
  features() {
    return this.clouddriver.operations.registry
      .kindsOf('kubernetes')
      .map((name) => ({ name, enabled: true }));
  }
}

function onlyOperation(body: Record<string, JsonObject>[]): [string, JsonObject] {
  const named = body.flatMap((operation) => Object.entries(operation));
  const [first] = named;
  if (first && named.length === 1) return first;
  throw new InvalidInputError('operation.one_at_a_time', [
    { path: 'body', message: `name exactly one operation, got ${named.length}: ask for each by itself` },
  ]);
}

function callerOf({ principal }: Caller): OperationCaller {
  const { username, roles, anonymous, isAdmin } = principal;
  return { user: username, ...(anonymous || isAdmin ? {} : { roles: [...roles] }) };
}

function applicationOf({ moniker, application }: JsonObject): { application?: string } {
  const app = (moniker as { app?: unknown } | null | undefined)?.app ?? application;
  return typeof app === 'string' ? { application: app } : {};
}
