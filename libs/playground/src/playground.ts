import { randomInt } from 'node:crypto';
import { SystemClock, type Clock } from '@gennaker/kernel';
import { HttpServer } from './api/http-server.js';
import { Lister } from './api/list.js';
import type { Exchange } from './api/request.js';
import { ResourceApi } from './api/resource-api.js';
import { ResourceRegistry } from './api/resource-registry.js';
import { bootstrap } from './bootstrap.js';
import { controllersOf } from './controllers/all-controllers.js';
import { Engine } from './controllers/engine.js';
import { World } from './controllers/world.js';
import { kubeconfig } from './kubeconfig.js';
import { MetricHistory } from './metrics/metric-history.js';
import { PrometheusApi } from './metrics/prometheus-api.js';
import { readDataFile, writeDataFile } from './store/data-file.js';
import { Store } from './store/store.js';

export interface PlaygroundLog {
  info(message: string): void;
  error(message: string, error: unknown): void;
}

export interface PlaygroundOptions {
  /** Port to listen on; 0 takes a free one. */
  port?: number;
  /** Address to listen on. Anyone who reaches it may do everything, so keep it local. */
  host?: string;
  /** File in which the cluster is kept over a restart; without it the cluster is forgotten. */
  dataFile?: string;
  clock?: Clock;
  log?: PlaygroundLog;
  /** How many simulated nodes there are. */
  nodes?: number;
  /** How many changes watches can be resumed over before they get 410 Gone. */
  historyLimit?: number;
  /** Seed of the noise in simulated metrics. */
  metricsSeed?: string;
}

export interface Playground {
  url: string;
  /** Base URL of the simulated Prometheus. */
  prometheusUrl: string;
  /** A kubeconfig, as YAML, whose only context is this cluster. */
  kubeconfig(): string;
  /** Stops everything and writes the data file. */
  stop(): Promise<void>;
}

const SILENT: PlaygroundLog = { info: () => undefined, error: () => undefined };
const SAVE_DELAY_MS = 1_000;
const DEFAULT_NODES = 3;

/** Starts a simulated Kubernetes cluster that speaks the real HTTP API. For learning and tests: nothing runs in it. */
export async function startPlayground(options: PlaygroundOptions = {}): Promise<Playground> {
  const { port = 0, host = '127.0.0.1', dataFile, clock = new SystemClock(), log = SILENT } = options;
  const random = (): number => randomInt(2 ** 32) / 2 ** 32;
  const store = new Store(clock, options.historyLimit);
  const history = new MetricHistory(clock);
  const saved = dataFile === undefined ? undefined : await readDataFile(dataFile);
  if (saved) {
    store.restore(saved.snapshot);
    history.restore(saved.metrics);
  }
  const registry = new ResourceRegistry(store);
  const api = new ResourceApi({ store, registry, clock, random });
  const world = new World(api, clock, random);
  history.follow(store);
  bootstrap(world, options.nodes ?? DEFAULT_NODES);

  const lister = new Lister(store);
  const prometheus = new PrometheusApi(history, clock, options.metricsSeed ?? 'playground');
  const server = new HttpServer({
    api,
    lister,
    clock,
    extra: async (exchange) => admin(exchange, store, lister) || prometheus.handle(exchange),
    onError: (message, error) => log.error(message, error),
  });
  const actualPort = await server.listen(port, host);
  const engine = new Engine(store, controllersOf(world), log);
  engine.start();
  const saver = dataFile === undefined ? undefined : new Saver(dataFile, store, history, log);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
  log.info(`playground cluster (a simulation of Kubernetes) on ${url}`);
  return {
    url,
    prometheusUrl: `${url}/prometheus`,
    kubeconfig: () => kubeconfig(url),
    async stop() {
      engine.stop();
      await server.close();
      await saver?.close();
    },
  };
}

/** The playground's own endpoints, for tests: forgetting the history, so that watches get 410 Gone. */
function admin(exchange: Exchange, store: Store, lister: Lister): boolean {
  if (exchange.url.pathname !== '/playground/compact' || exchange.method !== 'POST') return false;
  store.compact();
  lister.forget();
  exchange.json(200, { compactedResourceVersion: String(store.compactedVersion) });
  return true;
}

/** Writes the cluster to its file a moment after it changed, one write at a time. */
class Saver {
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private readonly unsubscribe: () => void;

  constructor(
    private readonly path: string,
    private readonly store: Store,
    private readonly history: MetricHistory,
    private readonly log: PlaygroundLog,
  ) {
    this.unsubscribe = store.subscribe(() => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.save();
      }, SAVE_DELAY_MS);
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.unsubscribe();
    this.save();
    await this.writing;
  }

  private save(): void {
    this.writing = this.writing
      .then(() =>
        writeDataFile(this.path, { snapshot: this.store.snapshot(), metrics: this.history.snapshot() }),
      )
      .catch((error: unknown) => this.log.error(`the playground could not write ${this.path}`, error));
  }
}
