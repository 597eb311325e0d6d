import {
  type AccountUse,
  type CanaryAccount,
  type CanaryExecution,
  canaryStatusView,
  JUDGE_NAMES,
  resolveCanaryAccount,
  toCanaryJson,
} from '@gennaker/canary';
import {
  CanaryAccountStore,
  CanaryConfigStore,
  CanaryReports,
  CanaryStore,
  type CanaryFilter,
  type CanaryPosition,
  DocumentStore,
  type KnownMetric,
  type Report,
} from '@gennaker/canary-store';
import type { JsonObject } from '@gennaker/kernel';
import type { Platform } from '@gennaker/platform';

/** A search for metrics that finds more is not one. */
const MOST_METRICS = 10_000;

/** What the metrics judge keeps, as the front door reads it without asking. */
export class CanaryJudge {
  readonly configs: CanaryConfigStore;
  readonly judges = JUDGE_NAMES;
  private readonly canaries: CanaryStore;
  private readonly documents: DocumentStore;
  private readonly accounts: CanaryAccountStore;
  private readonly reports: CanaryReports;

  constructor({ clock, journal, database }: Platform) {
    this.configs = new CanaryConfigStore(database.pool, clock);
    this.canaries = new CanaryStore(journal, database.pool, clock);
    this.documents = new DocumentStore(database.pool, clock);
    this.accounts = new CanaryAccountStore(database.pool, clock);
    this.reports = new CanaryReports(this.canaries, this.documents);
  }

  /** Refuses the name of an account that cannot be used so. @throws InvalidInputError */
  async requireAccount(use: AccountUse, name: string | undefined): Promise<void> {
    if (name !== undefined) resolveCanaryAccount(await this.accounts.list(), use, name);
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<JsonObject> {
    return view(await this.canaries.get(id));
  }

  async list(filter: CanaryFilter): Promise<{ canaries: JsonObject[]; next?: CanaryPosition }> {
    const { executions, next } = await this.canaries.list(filter);
    return { canaries: executions.map(view), next };
  }

  /** @throws NotFoundError */
  async metricSetPairList(id: string): Promise<JsonObject[]> {
    return (await this.documents.get('metricSetPairList', id)) as JsonObject[];
  }

  credentials(): Promise<CanaryAccount[]> {
    return this.accounts.list();
  }

  metrics(account: string | undefined, contains: string): Promise<KnownMetric[]> {
    return this.accounts.metrics(account, contains, MOST_METRICS);
  }

  /** @throws NotFoundError */
  report(id: string): Promise<Report> {
    return this.reports.of(id);
  }
}

function view(execution: CanaryExecution): JsonObject {
  return toCanaryJson(canaryStatusView(execution)) as JsonObject;
}
