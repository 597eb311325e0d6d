import {
  type CanaryConfig,
  escapeConfigTemplates,
  standalonePlan,
  type StandaloneAnalysisRequest,
  standaloneJudgementRequest,
} from '@gennaker/canary';
import type { StandaloneStore } from '@gennaker/canary-store';
import type { Clock, IdGenerator } from '@gennaker/kernel';
import type { Analyses, AnalysisOptions } from '../analysis/analyses.js';

/** Checks and starts runs of judgements. */
export class StandaloneRuns {
  constructor(
    private readonly analyses: Analyses,
    private readonly runs: StandaloneStore,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
  ) {}

  /** Starts a run and gives its id. @throws InvalidInputError for all that can be wrong with any of its judgements */
  async start(
    config: CanaryConfig,
    request: StandaloneAnalysisRequest,
    options: AnalysisOptions & { user?: string },
    canaryConfigId = 'ad-hoc',
  ): Promise<string> {
    const now = this.clock.now();
    const requested = {
      id: this.ids.next(),
      application: options.application ?? 'ad-hoc',
      user: options.user ?? options.by.actor,
      parentPipelineExecutionId: options.parentPipelineExecutionId,
      canaryConfigId,
      config: escapeConfigTemplates(config),
      request,
      configurationAccountName: options.configurationAccountName,
    };
    standalonePlan(request, now);
    const run = { version: 0, requested, requestedAt: now, judgements: [], status: 'RUNNING' as const };
    const { metricsAccount, storageAccount } = this.analyses.check(
      config,
      standaloneJudgementRequest(run, 0),
      options,
    );
    return this.runs.request(
      { ...requested, metricsAccountName: metricsAccount, storageAccountName: storageAccount },
      options.by,
    );
  }
}
