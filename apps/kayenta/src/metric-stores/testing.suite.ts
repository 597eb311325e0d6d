import type { CanaryScope, MetricConfig } from '@gennaker/canary';
import { SystemClock } from '@gennaker/kernel';
import type { MetricRequest, MetricStore, MetricStoreType } from './metric-store.js';
import { DEFAULT_CLIENT, type StoreClientOptions } from './store-client.js';

export const START = Date.UTC(2026, 0, 5, 12);
export const MINUTE = 60_000;

/** A store of this kind, impatient so that failures come soon. */
export function openStore(
  type: MetricStoreType,
  account: Record<string, unknown>,
  client: Partial<StoreClientOptions> = {},
): MetricStore {
  return type.open('main', type.accountSchema.parse(account), {
    clock: new SystemClock(),
    client: { ...DEFAULT_CLIENT, attempts: 3, backoffMs: 1, timeoutMs: 2_000, ...client },
  });
}

export function requestFor(query: MetricConfig['query'], scope: CanaryScope = {}): MetricRequest {
  return { canaryConfig: {}, metric: { name: 'm', query }, scope };
}

export function windowOf(minutes: number, from = START) {
  return { start: from, end: from + minutes * MINUTE, step: MINUTE };
}

export const never = new AbortController().signal;
