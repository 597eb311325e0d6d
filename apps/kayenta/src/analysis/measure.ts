import {
  type CanaryConfig,
  type CanaryExecutionRequest,
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

interface Measuring<Taken> {
  store: MetricStore;
  signal: AbortSignal;
  /** Takes the pairs of one metric as soon as both of its sides are there, while the others are still to come. */
  take: (pairs: MetricSetPair[]) => Taken;
}

/**
 * Fetches every metric of both sides, as many at a time as the store's account allows, and pairs them. The first failure
 * gives up the rest.
 *
 * @returns what was made of each metric's pairs, in the order of the config
 * @throws InvalidInputError, UnavailableError as the store does
 */
export async function measure<Taken>(
  config: CanaryConfig,
  request: CanaryExecutionRequest,
  { store, signal, take }: Measuring<Taken>,
): Promise<Taken[]> {
  validateExecutionRequest(config, request);
  const others = new AbortController();
  const within = AbortSignal.any([signal, others.signal]);
  // Every request listens, and there may be hundreds.
  setMaxListeners(0, within);
  const fetchSide = (
    metric: MetricConfig,
    side: 'controlScope' | 'experimentScope',
  ): Promise<MetricSet[]> => {
    const scope = request.scopes[metric.scopeName!]?.[side] ?? {};
    const window = windowOfScope(scope, `scopes.${metric.scopeName}.${side}`);
    return store.query({ canaryConfig: config, metric, scope }, window, within);
  };
  const measureMetric = async (metric: MetricConfig): Promise<Taken> => {
    const [control, experiment] = await Promise.all([
      fetchSide(metric, 'controlScope'),
      fetchSide(metric, 'experimentScope'),
    ]);
    return take(mixMetricSets([metric.name ?? ''], control, experiment, randomUUID));
  };
  try {
    return await Promise.all((config.metrics ?? []).map(measureMetric));
  } catch (error) {
    others.abort();
    throw error;
  }
}
