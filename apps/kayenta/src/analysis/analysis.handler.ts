import {
  type CanaryEvent,
  type CanaryExecution,
  type CanaryRequested,
  canaryStream,
  isEndedCanary,
  type JudgeResult,
  metricSetPairSchema,
  scoreThresholdsSchema,
  toCanaryJson,
} from '@gennaker/canary';
import { ANALYSIS_WORK, type CanaryStore, type DocumentStore, KAYENTA_QUEUE } from '@gennaker/canary-store';
import type { SqlStatement, WorkItem } from '@gennaker/event-store';
import { type Clock, GennakerError } from '@gennaker/kernel';
import type { LiveBus } from '@gennaker/messaging';
import { logger } from '@gennaker/observability';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import type { Accounts } from '../accounts/accounts.js';
import type { JudgeHistory } from '../judge/judge.js';
import { judgeNamed } from '../judge/judges.js';
import { canaryException, isOfStorage } from './canary-exception.js';
import { measure } from './measure.js';

const log = logger('kayenta.analysis');
const NEVER = Number.MAX_SAFE_INTEGER;

/** Runs one analysis from its request to its verdict. Asking and judging have no effect, so a crash starts it again. */
export class AnalysisHandler implements WorkHandler {
  readonly queue = KAYENTA_QUEUE;
  readonly kind = ANALYSIS_WORK;

  constructor(
    private readonly canaries: CanaryStore,
    private readonly documents: DocumentStore,
    private readonly accounts: Accounts,
    private readonly live: LiveBus,
    private readonly clock: Clock,
  ) {}

  async handle(item: WorkItem, { signal }: WorkContext): Promise<WorkOutcome> {
    const { canary: id } = item.payload as { canary: string };
    let execution = await this.canaries.get(id);
    // The end closes the item in the same commit, so an ended analysis has no item; this one is a leftover to drop.
    if (isEndedCanary(execution)) return { retryAt: NEVER };
    if (execution.status === 'NOT_STARTED') {
      execution = await this.canaries.append(execution, [{ type: 'CanaryStarted', data: {} }]);
    }
    const cancellation = this.listenForCancellation(execution);
    try {
      const within = AbortSignal.any([signal, cancellation.signal]);
      within.throwIfAborted();
      const { events, stored } = await this.run(execution.requested, within);
      await this.end(id, events, [stored]);
    } catch (error) {
      await this.endWith(error, id, { stopped: signal.aborted, canceled: cancellation.signal.aborted });
    } finally {
      cancellation.stop();
    }
    return { done: true };
  }

  /**
   * Each metric is judged while the store answers for the others, so that the end of the last answer is almost the end of
   * the analysis.
   */
  private async run(
    { id, config, request, metricsAccountName }: CanaryRequested,
    signal: AbortSignal,
  ): Promise<{ events: CanaryEvent[]; stored: SqlStatement }> {
    const { store } = this.accounts.metricStore(metricsAccountName, config.metrics?.[0]?.query?.type);
    const judgement = judgeNamed(config.judge?.name).open({
      canaryConfig: config,
      scoreThresholds: scoreThresholdsSchema.parse(request.thresholds),
      history: await this.historyOf(request),
    });
    const measured = await measure(config, request, {
      store,
      signal,
      take: (pairs) => pairs.map((pair) => ({ pair, examined: judgement.examine(pair) })),
    });
    const metrics = measured.flat();
    const judgeResult = judgement.conclude(metrics.map(({ examined }) => examined));
    const events: CanaryEvent[] = [
      { type: 'CanaryMetricsMixed', data: { metricSetPairListId: id } },
      // Spelled for JSON at once, since an event cannot hold NaN.
      { type: 'CanaryJudged', data: { judgeResult: toCanaryJson(judgeResult) as JudgeResult } },
    ];
    const pairs = metrics.map(({ pair }) => pair);
    return { events, stored: this.documents.pairsStatement(pairs, id) };
  }

  /** The measurements of the run's earlier judgements; those that are gone are left out. */
  private async historyOf({ run }: CanaryRequested['request']): Promise<JudgeHistory | undefined> {
    if (run == null) return undefined;
    const lists = await Promise.all(run.earlier.map((id) => this.documents.find('metricSetPairList', id)));
    const earlier = lists
      .filter((list) => list !== undefined)
      .map((list) => metricSetPairSchema.array().parse(list));
    return { judgement: run.judgement, plannedJudgements: run.plannedJudgements, earlier };
  }

  private listenForCancellation({ requested: { id }, cancelRequestedBy }: CanaryExecution) {
    const controller = new AbortController();
    const cancel = () => controller.abort(new Error('Canary execution was canceled.'));
    if (cancelRequestedBy !== undefined) cancel();
    const stop = this.live.subscribe(({ stream }) => {
      if (stream !== canaryStream(id)) return;
      void this.canaries.find(id).then(
        (execution) => {
          if (execution?.cancelRequestedBy !== undefined) cancel();
        },
        () => undefined,
      );
    });
    return { signal: controller.signal, stop };
  }

  private async endWith(
    error: unknown,
    id: string,
    why: { stopped: boolean; canceled: boolean },
  ): Promise<void> {
    if (why.canceled) {
      await this.end(id, [{ type: 'CanaryCanceled', data: {} }]);
      return;
    }
    if (why.stopped || isOfStorage(error)) throw error;
    if (!(error instanceof GennakerError))
      log.error('an analysis failed unexpectedly', { canary: id, error });
    const exception = canaryException(error, 'runCanary', this.clock.now());
    await this.end(id, [{ type: 'CanaryFailed', data: { exception } }]);
  }

  /** Loads again first: a request to cancel may have come meanwhile. */
  private async end(id: string, events: CanaryEvent[], statements: SqlStatement[] = []): Promise<void> {
    const execution = await this.canaries.get(id);
    if (!isEndedCanary(execution)) await this.canaries.append(execution, events, { statements });
  }
}
