import {
  type CanaryConfig,
  type CanaryExecutionRequest,
  type CanaryScope,
  type MetricConfig,
  type MetricSet,
  type MetricSetPair,
  validateExecutionRequest,
  windowOfScope,
} from '@gennaker/canary';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { MetricStore } from '../metric-stores/metric-store.js';
import { mixMetricSets } from '../metric-stores/mix-metric-sets.js';

type Side = 'controlScope' | 'experimentScope';

/**
 * Fetches every metric of both sides, as many at a time as the store's account allows, and pairs them. The first failure
 * gives up the rest.
 *
 * @throws InvalidInputError, UnavailableError as the store does
 */
export async function measure(
  config: CanaryConfig,
  request: CanaryExecutionRequest,
  store: MetricStore,
  signal: AbortSignal,
): Promise<MetricSetPair[]> {
  validateExecutionRequest(config, request);
  const metrics = config.metrics ?? [];
  const others = new AbortController();
  const within = AbortSignal.any([signal, others.signal]);
  // Every request listens, and there may be hundreds.
  setMaxListeners(0, within);
  const fetchSide = async (side: Side): Promise<MetricSet[]> => {
    const sets = await Promise.all(
      metrics.map((metric) => {
        const path = `scopes.${metric.scopeName}.${side}`;
        return fetchMetric(config, metric, request.scopes[metric.scopeName!]?.[side] ?? {}, {
          store,
          path,
          signal: within,
        });
      }),
    );
    return sets.flat();
  };
  try {
    const [control, experiment] = await Promise.all([
      fetchSide('controlScope'),
      fetchSide('experimentScope'),
    ]);
    return mixMetricSets(
      metrics.map((metric) => metric.name ?? ''),
      control,
      experiment,
      randomUUID,
    );
  } catch (error) {
    others.abort();
    throw error;
  }
}

interface Asking {
  store: MetricStore;
  /** Where the scope stands in the request, for errors. */
  path: string;
  signal: AbortSignal;
}

function fetchMetric(
  canaryConfig: CanaryConfig,
  metric: MetricConfig,
  scope: CanaryScope,
  { store, path, signal }: Asking,
): Promise<MetricSet[]> {
  return store.query({ canaryConfig, metric, scope }, windowOfScope(scope, path), signal);
}
