import { Catalog } from '@gennaker/catalog';
import { ORCA_WORK } from '@gennaker/execution';
import { logger } from '@gennaker/observability';
import { OperationStore } from '@gennaker/operation';
import type { Platform } from '@gennaker/platform';
import { RegistryPlanner, type StagePorts, StageRegistry, STAGES } from '@gennaker/stages';
import { Relay, WorkRunner } from '@gennaker/work';
import { CatalogChanges } from './catalog-port.js';
import { UndiciHttp } from './http-port.js';
import { StreamOperations } from './operations-port.js';
import type { OrcaConfig } from './orca.config.js';
import { CleanUpHandler } from './work/clean-up.handler.js';
import { DeadlineHandler } from './work/deadline.handler.js';
import { OrcaEngine } from './work/orca-engine.js';
import { PlanHandler } from './work/plan.handler.js';
import { SettleHandler } from './work/settle.handler.js';
import { TaskHandler } from './work/task.handler.js';

const MAX_RESPONSE_BYTES = 10 * 1024 * 1024;
const log = logger('orca');

/** Orchestration's workers: they decide, run tasks and carry executions on. */
export class OrcaService {
  private readonly runner: WorkRunner;
  private readonly relay: Relay;

  constructor(
    platform: Platform,
    private readonly config: OrcaConfig,
  ) {
    const registry = new StageRegistry(STAGES);
    const engine = new OrcaEngine({
      executions: platform.executions,
      registry,
      planner: new RegistryPlanner(registry),
      ports: portsOf(platform),
      clock: platform.clock,
      ids: platform.ids,
    });
    const { items } = platform;
    this.runner = new WorkRunner(
      items,
      platform.hints,
      platform.clock,
      {
        queue: 'orca',
        worker: platform.instance,
        concurrency: config.concurrency,
        leaseMs: config.leaseMs,
        onError: (error, item) =>
          log.error('work failed and will be tried again', { error, workItem: item.id, kind: item.kind }),
      },
      {
        kinds: ORCA_WORK,
        handlers: [
          new SettleHandler(engine, items),
          new PlanHandler(engine),
          new TaskHandler(engine),
          new CleanUpHandler(engine),
          new DeadlineHandler(engine, items),
        ],
      },
    );
    this.relay = new Relay(items, platform.hints, platform.clock, {
      queues: ['orca'],
      intervalMs: config.relayIntervalMs,
      runHere: (id) => this.runner.take(id),
      onError: (error) => log.warn('could not hint due work', { error }),
    });
  }

  start(): void {
    this.runner.start();
    this.relay.start();
  }

  async stop(): Promise<void> {
    await this.relay.stop();
    await this.runner.stop(this.config.shutdownGraceMs);
  }
}

function portsOf(platform: Platform): StagePorts {
  return {
    operations: new StreamOperations(new OperationStore(platform.journal, platform.blobs)),
    http: new UndiciHttp({ maxResponseBytes: MAX_RESPONSE_BYTES }),
    catalog: new CatalogChanges(catalogOf(platform)),
  };
}

/** Pipelines that a task saves are checked by the front door's rules. */
function catalogOf(platform: Platform): Catalog {
  const stageTypes = new Set(STAGES.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]));
  return new Catalog(platform.database.pool, platform.journal.store, platform.clock, { stageTypes });
}
