import {
  type CanaryConfig,
  type CanaryExecutionRequest,
  escapeConfigTemplates,
  validateExecutionRequest,
  windowOfScope,
} from '@gennaker/canary';
import type { CanaryActor, CanaryConfigStore, CanaryStore } from '@gennaker/canary-store';
import { type IdGenerator, InvalidInputError } from '@gennaker/kernel';
import type { AccountNames, Accounts } from '../accounts/accounts.js';
import { judgeNamed } from '../judge/judges.js';

export interface AnalysisOptions extends AccountNames {
  /** Who asks, from where and why. */
  by: CanaryActor;
  application?: string;
  parentPipelineExecutionId?: string;
}

const AD_HOC = 'ad-hoc';

/** Checks and starts canary analyses. */
export class Analyses {
  constructor(
    private readonly accounts: Accounts,
    private readonly configs: CanaryConfigStore,
    private readonly canaries: CanaryStore,
    private readonly ids: IdGenerator,
  ) {}

  /** Starts an analysis by a stored config. Gives its id. */
  async startStored(
    configId: string,
    request: CanaryExecutionRequest,
    options: AnalysisOptions,
  ): Promise<string> {
    const { config } = await this.configs.get(configId);
    return this.start(config, request, { ...options, application: options.application ?? AD_HOC }, configId);
  }

  /** Starts an analysis by a config that is not stored. Gives its id. */
  startAdhoc(
    config: CanaryConfig,
    request: CanaryExecutionRequest,
    options: AnalysisOptions,
  ): Promise<string> {
    return this.start(config, request, options, AD_HOC);
  }

  private async start(
    config: CanaryConfig,
    request: CanaryExecutionRequest,
    options: AnalysisOptions,
    canaryConfigId: string,
  ): Promise<string> {
    const { metricsAccount, storageAccount } = this.check(config, request, options);
    const id = this.ids.next();
    const requested = {
      id,
      application: options.application ?? AD_HOC,
      user: options.by.actor,
      parentPipelineExecutionId: options.parentPipelineExecutionId,
      canaryConfigId,
      config: escapeConfigTemplates(config),
      request,
      metricsAccountName: metricsAccount,
      storageAccountName: storageAccount,
      configurationAccountName: options.configurationAccountName,
    };
    await this.canaries.request(requested, { meta: options.by });
    return id;
  }

  /**
   * Everything about an analysis that can be wrong before the metric store is asked.
   *
   * @throws InvalidInputError
   */
  check(
    config: CanaryConfig,
    request: CanaryExecutionRequest,
    options: Pick<AnalysisOptions, keyof AccountNames>,
  ): { metricsAccount: string; storageAccount: string } {
    this.accounts.requireKnown(options);
    const storage = this.accounts.resolve('OBJECT_STORE', options.storageAccountName);
    validateExecutionRequest(config, request);
    judgeNamed(config.judge?.name);
    const metrics = config.metrics ?? [];
    const unknown = metrics.find(({ query }) => query == null || !this.accounts.hasStoreFor(query.type));
    if (unknown !== undefined) {
      throw new InvalidInputError(
        'kayenta.unknown_store',
        `Unable to resolve canary scope factory for '${unknown.query?.type}'.`,
      );
    }
    const account = this.accounts.metricStore(options.metricsAccountName, metrics[0]?.query?.type);
    for (const { name, query, scopeName } of metrics) {
      if (query?.type !== account.type) {
        throw new InvalidInputError(
          'kayenta.wrong_store',
          `Metric '${name}' is for ${query?.type}, but account ${account.name} is one of ${account.type}.`,
        );
      }
      for (const side of ['controlScope', 'experimentScope'] as const) {
        const scope = request.scopes[scopeName!]?.[side];
        const path = `scopes.${scopeName}.${side}`;
        if (scope == null)
          throw new InvalidInputError('kayenta.missing_scope', [{ path, message: 'is required' }]);
        windowOfScope(scope, path);
        account.store.buildQuery({ canaryConfig: config, metric: { name, query, scopeName }, scope });
      }
    }
    return { metricsAccount: account.name, storageAccount: storage.name };
  }
}
