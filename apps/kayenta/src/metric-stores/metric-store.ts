import type { CanaryConfig, CanaryScope, MetricConfig, MetricSet } from '@gennaker/canary';
import type { Clock } from '@gennaker/kernel';
import type { z } from 'zod';
import type { StoreClientOptions } from './store-client.js';

/** What to ask a metric store for: one metric, of one side. */
export interface MetricRequest {
  /** Its templates may be named by the metric's query. */
  canaryConfig: Pick<CanaryConfig, 'templates'>;
  metric: MetricConfig;
  scope: CanaryScope;
}

/** A request whose window is known. Times are milliseconds since the Unix epoch; the step is in milliseconds, > 0. */
export interface MetricWindow {
  start: number;
  end: number;
  step: number;
}

/** A metric that a store knows, for pickers; `name` is what a query would use. */
export interface MetricDescriptor {
  name: string;
  [field: string]: unknown;
}

/** One account of a metric store. Adding a kind of store is a folder beside this file and a line in metric-stores.ts. */
export interface MetricStore {
  /**
   * The text of the query, as `query` would send it. Pure.
   *
   * @throws InvalidInputError when the metric or the scope lacks what the query needs.
   */
  buildQuery(request: MetricRequest): string;
  /**
   * Every series of the metric, on the grid of the window with NaN where nothing was measured. A metric without any series
   * gives one set without tags and without values.
   *
   * @throws InvalidInputError when the store refuses the query, UnavailableError when it cannot answer.
   */
  query(request: MetricRequest, window: MetricWindow, signal: AbortSignal): Promise<MetricSet[]>;
  /** Metrics whose name contains the text, in any case; at most `limit`. */
  descriptors(contains: string, limit: number, signal: AbortSignal): Promise<MetricDescriptor[]>;
  /** Resolves when the store can be reached with the account's credentials. */
  checkHealth(signal: AbortSignal): Promise<void>;
}

export interface StoreDependencies {
  clock: Clock;
  client: StoreClientOptions;
}

/** A kind of metric store. */
export interface MetricStoreType<Account = unknown> {
  /** The `type` of a metric's query. */
  type: string;
  /** Names of the section that holds its accounts in Kayenta's own configuration; its type where nothing is said. */
  sections?: readonly string[];
  /** The fields of an account besides those that all have. */
  accountSchema: z.ZodType<Account>;
  open(name: string, account: Account, dependencies: StoreDependencies): MetricStore;
}

/** Declares a kind of store; the type of its account flows from the schema. */
export function defineMetricStore<Account>(type: MetricStoreType<Account>): MetricStoreType {
  return type;
}
