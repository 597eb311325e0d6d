import {
  canaryConfigSchema,
  canaryExecutionRequestSchema,
  type CanaryExecution,
  canaryStatusView,
  type CanaryStatus,
  escapeConfigTemplates,
  JUDGE_NAMES,
  toCanaryJson,
  validateExecutionRequest,
  windowOfScope,
} from '@gennaker/canary';
import {
  type CanaryAccount,
  CanaryAccountStore,
  CanaryConfigStore,
  CanaryReports,
  CanaryStore,
  DocumentStore,
  type KnownMetric,
  type Report,
} from '@gennaker/canary-store';
import { problemsOf } from '@gennaker/http';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import type { Platform } from '@gennaker/platform';
import type { z } from 'zod';

export interface CanaryStart {
  /** A configuration that comes along, or … */
  config?: JsonObject;
  /** … the id of a stored one. */
  configId?: string;
  request: JsonObject;
  user: string;
  application?: string;
  parentPipelineExecutionId?: string;
  metricsAccountName?: string;
  storageAccountName?: string;
  configurationAccountName?: string;
}

const AD_HOC = 'ad-hoc';
/** A search for metrics that finds more is not one. */
const MOST_METRICS = 10_000;

/** The metrics judge as the front door sees it: what it keeps is read, and what it is to do goes to its queue. */
export class CanaryJudge {
  readonly configs: CanaryConfigStore;
  readonly judges = JUDGE_NAMES;
  private readonly canaries: CanaryStore;
  private readonly documents: DocumentStore;
  private readonly accounts: CanaryAccountStore;
  private readonly reports: CanaryReports;

  constructor(private readonly platform: Platform) {
    const { clock, journal, database } = platform;
    this.configs = new CanaryConfigStore(database.pool, clock);
    this.canaries = new CanaryStore(journal, database.pool, clock);
    this.documents = new DocumentStore(database.pool, clock);
    this.accounts = new CanaryAccountStore(database.pool, clock);
    this.reports = new CanaryReports(this.canaries, this.documents);
  }

  /** Gives the id of the analysis. @throws InvalidInputError for what is wrong with config or request */
  async start({ config, configId, request, ...asked }: CanaryStart): Promise<string> {
    const chosen =
      configId === undefined
        ? parsed(canaryConfigSchema, config, 'canaryConfig')
        : (await this.configs.get(configId)).config;
    const wanted = parsed(canaryExecutionRequestSchema, request, 'executionRequest');
    validateExecutionRequest(chosen, wanted);
    for (const [name, pair] of Object.entries(wanted.scopes)) {
      for (const side of ['controlScope', 'experimentScope'] as const) {
        if (pair[side] != null) windowOfScope(pair[side], `scopes.${name}.${side}`);
      }
    }
    const id = this.platform.ids.next();
    await this.canaries.request({
      ...asked,
      id,
      application: asked.application ?? AD_HOC,
      canaryConfigId: configId ?? AD_HOC,
      config: escapeConfigTemplates(chosen),
      request: wanted,
    });
    return id;
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<JsonObject> {
    return view(await this.canaries.get(id));
  }

  async list(
    application: string,
    { limit, page, statuses = '' }: { limit: number; page: number; statuses?: string },
  ): Promise<JsonObject[]> {
    const wanted = statuses.split(',').map((status) => status.trim().toUpperCase());
    const found = await this.canaries.list({
      application,
      limit,
      page,
      statuses: wanted.filter((status) => status !== '') as CanaryStatus[],
    });
    return found.map(view);
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

function parsed<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidInputError('gate.invalid_canary', problemsOf(result.error.issues, [path]));
}
