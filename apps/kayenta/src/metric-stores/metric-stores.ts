import { datadogStore } from './datadog/datadog.store.js';
import type { MetricStoreType } from './metric-store.js';
import { prometheusStore } from './prometheus/prometheus.store.js';
import { stackdriverStore } from './stackdriver/stackdriver.store.js';

/** Every kind of metric store. A new one is a folder beside this file and a line here. */
export const METRIC_STORES: readonly MetricStoreType[] = [prometheusStore, datadogStore, stackdriverStore];
