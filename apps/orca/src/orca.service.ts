import { ORCA_WORK } from '@gennaker/execution';
import { HALT_WORK } from '@gennaker/halt';
import { logger } from '@gennaker/observability';
import type { Platform } from '@gennaker/platform';
import {
  ExecutionExpressions,
  RegistryPlanner,
  StageRegistry,
  stagesWith,
  withTaskOverrides,
} from '@gennaker/stages';
import { Relay, WorkRunner } from '@gennaker/work';
import type { OrcaConfig } from './orca.config.js';
import { stagePorts } from './stage-ports.js';
import { StrandedCheck } from './stranded-check.js';
import { CleanUpHandler } from './work/clean-up.handler.js';
import { DeadlineHandler } from './work/deadline.handler.js';
import { EndHaltHandler } from './work/end-halt.handler.js';
import { OrcaEngine } from './work/orca-engine.js';
import { PlanHandler } from './work/plan.handler.js';
import { SettleHandler } from './work/settle.handler.js';
import { StartWaitingHandler } from './work/start-waiting.handler.js';
import { TaskHandler } from './work/task.handler.js';

const log = logger('orca');

/** Orchestration's workers: they decide, run tasks and carry executions on. */
export class OrcaService {
  private readonly runner: WorkRunner;
  private readonly relay: Relay;
  private readonly stranded: StrandedCheck;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly platform: Platform,
    private readonly config: OrcaConfig,
  ) {
    const definitions = withTaskOverrides(
      stagesWith({ webhooks: config.preconfiguredWebhooks, jobs: config.preconfiguredJobs }),
      config.taskOverrides,
    );
    const registry = new StageRegistry(definitions);
    const engine = new OrcaEngine({
      executions: platform.executions,
      registry,
      planner: new RegistryPlanner(
        registry,
        new ExecutionExpressions(config.expressions, {
          allowInternalHosts: config.http.allowPrivateAddresses,
        }),
        { timeZone: config.windowTimezone },
      ),
      ports: stagePorts(platform, config, definitions),
      halts: platform.halts,
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
        kinds: [...ORCA_WORK, HALT_WORK],
        handlers: [
          new SettleHandler(engine, items),
          new PlanHandler(engine),
          new TaskHandler(engine),
          new CleanUpHandler(engine),
          new DeadlineHandler(engine, items),
          new StartWaitingHandler(engine, platform),
          new EndHaltHandler(platform.halts, items),
        ],
      },
    );
    this.relay = new Relay(items, platform.hints, platform.clock, {
      queues: ['orca'],
      intervalMs: config.relayIntervalMs,
      runHere: (id) => this.runner.take(id),
      onError: (error) => log.warn('could not hint due work', { error }),
    });
    this.stranded = new StrandedCheck(platform, config.strandedIntervalMs);
  }

  start(): void {
    this.unsubscribe = this.platform.live.subscribe(({ stream }) => this.runner.check(stream));
    this.runner.start();
    this.relay.start();
    this.stranded.start();
  }

  async stop(): Promise<void> {
    this.unsubscribe();
    await this.stranded.stop();
    await this.relay.stop();
    await this.runner.stop(this.config.shutdownGraceMs);
  }
}
