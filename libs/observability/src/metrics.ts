import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/**
 * The one registry of a process, served at `/metrics`. Services that share a process share it; the helpers below hand
 * out the metric that already exists instead of failing on the second registration.
 */
export const metricsRegistry = new Registry();

let processMetrics = false;

/** Adds CPU, memory, event-loop and GC metrics of this process. Safe to call twice. */
export function collectProcessMetrics(): void {
  if (processMetrics) return;
  processMetrics = true;
  collectDefaultMetrics({ register: metricsRegistry });
}

export interface MetricOptions<L extends string> {
  /** Prometheus style: `gennaker_<part>_<thing>_<unit>`, counters end in `_total`. */
  name: string;
  help: string;
  labels?: readonly L[];
}

export function counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
  return existing(options.name, Counter<L>) ?? new Counter<L>(configOf(options));
}

export interface GaugeOptions<L extends string> extends MetricOptions<L> {
  /** Called when the metrics are read, to set the value. */
  collect?: (gauge: Gauge<L>) => void | Promise<void>;
}

export function gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L> {
  const { collect } = options;
  const config = configOf(options);
  return (
    existing(options.name, Gauge<L>) ??
    new Gauge<L>({
      ...config,
      ...(collect === undefined
        ? {}
        : {
            collect(this: Gauge<L>) {
              return collect(this);
            },
          }),
    })
  );
}

/** Seconds, from half a millisecond to a minute. */
export const LATENCY_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  buckets?: number[];
}

export function histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
  return (
    existing(options.name, Histogram<L>) ??
    new Histogram<L>({ ...configOf(options), buckets: options.buckets ?? LATENCY_BUCKETS })
  );
}

function configOf<L extends string>(options: MetricOptions<L>) {
  return {
    name: options.name,
    help: options.help,
    labelNames: [...(options.labels ?? [])],
    registers: [metricsRegistry],
  };
}

function existing<M>(name: string, kind: new (...args: never[]) => M): M | undefined {
  const metric = metricsRegistry.getSingleMetric(name);
  if (metric === undefined) return undefined;
  if (metric instanceof kind) return metric;
  throw new Error(`metric ${name} is already registered as another kind`);
}
