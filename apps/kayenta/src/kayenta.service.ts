import {
  ANALYSIS_WORK,
  CanaryAccountStore,
  CanaryConfigStore,
  CanaryReports,
  CanaryStore,
  DocumentStore,
  KAYENTA_QUEUE,
  STANDALONE_WORK,
  StandaloneStore,
} from '@gennaker/canary-store';
import { logger } from '@gennaker/observability';
import type { Platform } from '@gennaker/platform';
import { Relay, WorkRunner } from '@gennaker/work';
import { AccountPublisher } from './accounts/account-publisher.js';
import { Accounts } from './accounts/accounts.js';
import { Analyses } from './analysis/analyses.js';
import { AnalysisHandler } from './analysis/analysis.handler.js';
import { Calibrations } from './calibration/calibrations.js';
import { JudgeService } from './judge-service.js';
import type { KayentaConfig } from './kayenta.config.js';
import { Retention } from './retention.js';
import { StandaloneHandler } from './standalone/standalone.handler.js';
import { StandaloneRuns } from './standalone/standalone-runs.js';

const log = logger('kayenta');

/** The metrics judge: what its API and its workers stand on, and the life of the workers. */
export class KayentaService {
  readonly accounts: Accounts;
  readonly configs: CanaryConfigStore;
  readonly canaries: CanaryStore;
  readonly standalone: StandaloneStore;
  readonly documents: DocumentStore;
  readonly reports: CanaryReports;
  readonly analyses: Analyses;
  readonly runs: StandaloneRuns;
  readonly judging: JudgeService;
  readonly calibrations: Calibrations;
  readonly retention: Retention;
  private readonly publisher: AccountPublisher;
  private readonly runner: WorkRunner;
  private readonly relay: Relay;

  constructor(
    platform: Platform,
    private readonly config: KayentaConfig,
  ) {
    const { clock, ids, items, hints, journal } = platform;
    const { pool } = platform.database;
    this.accounts = new Accounts(config.accounts, config.client, clock, platform.secrets);
    this.configs = new CanaryConfigStore(pool, clock);
    this.canaries = new CanaryStore(journal, pool, clock);
    this.standalone = new StandaloneStore(journal, clock);
    this.documents = new DocumentStore(pool, clock);
    this.reports = new CanaryReports(this.canaries, this.documents);
    this.publisher = new AccountPublisher(this.accounts, new CanaryAccountStore(pool, clock));
    this.analyses = new Analyses(this.accounts, this.configs, this.canaries, ids);
    this.runs = new StandaloneRuns(this.analyses, this.standalone, clock, ids);
    this.judging = new JudgeService(this.configs, this.documents);
    this.calibrations = new Calibrations(this.accounts, this.configs, clock);
    this.retention = new Retention(this.canaries, this.documents, clock, config.retentionDays);
    this.runner = new WorkRunner(
      items,
      hints,
      clock,
      {
        queue: KAYENTA_QUEUE,
        worker: platform.instance,
        concurrency: config.concurrency,
        onError: (error, item) =>
          log.error('work failed and will be tried again', { error, workItem: item.id, kind: item.kind }),
      },
      {
        kinds: [ANALYSIS_WORK, STANDALONE_WORK],
        handlers: [
          new AnalysisHandler(this.canaries, this.documents, this.accounts, platform.live, clock),
          new StandaloneHandler(this.standalone, this.canaries, clock),
        ],
      },
    );
    this.relay = new Relay(items, hints, clock, {
      queues: [KAYENTA_QUEUE],
      intervalMs: config.relayIntervalMs,
      onError: (error) => log.warn('could not hint due work', { error }),
    });
  }

  start(): void {
    this.runner.start();
    this.relay.start();
    this.retention.start();
    this.publisher.start();
  }

  async stop(): Promise<void> {
    this.retention.stop();
    await this.publisher.stop();
    await this.relay.stop();
    await this.runner.stop(this.config.shutdownGraceMs);
  }
}
