import { toCanaryJson } from '@gennaker/canary';
import type { RouteContract } from '@gennaker/contracts';
import { type ServiceCall, ServiceClient, type ServiceInput } from '../services/service-client.js';

/** The metrics judge: it alone holds the credentials of metric stores, and knows how to judge. */
export class Kayenta extends ServiceClient {
  override call(route: RouteContract, { body, ...input }: ServiceInput, call: ServiceCall): Promise<unknown> {
    return super.call(route, { ...input, body: toCanaryJson(body) }, call);
  }
}
