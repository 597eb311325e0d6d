import {
  aggregateScores,
  type CanaryExecution,
  isEndedCanary,
  type StandaloneAnalysis,
  standaloneJudgementRequest,
  standalonePlan,
  standaloneStream,
} from '@gennaker/canary';
import {
  type CanaryStore,
  KAYENTA_QUEUE,
  STANDALONE_WORK,
  type StandaloneStore,
} from '@gennaker/canary-store';
import type { WorkItem } from '@gennaker/event-store';
import { type Clock, GennakerError } from '@gennaker/kernel';
import { logger } from '@gennaker/observability';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { canaryException, isOfStorage } from '../analysis/canary-exception.js';

const log = logger('kayenta.standalone');
const NEVER = Number.MAX_SAFE_INTEGER;
/** A judgement's end wakes the run; this is for the case that it did not. */
const LOOK_AGAIN_MS = 60_000;

/** Carries a run of judgements on by one step: waits, asks for the next judgement, or draws the conclusion. */
export class StandaloneHandler implements WorkHandler {
  readonly queue = KAYENTA_QUEUE;
  readonly kind = STANDALONE_WORK;

  constructor(
    private readonly runs: StandaloneStore,
    private readonly canaries: CanaryStore,
    private readonly clock: Clock,
  ) {}

  async handle(item: WorkItem, _context: WorkContext): Promise<WorkOutcome> {
    const { standalone: id } = item.payload as { standalone: string };
    const run = await this.runs.get(id);
    if (run.endedAt !== undefined) return { retryAt: NEVER };
    try {
      return await this.step(run);
    } catch (error) {
      if (isOfStorage(error)) throw error;
      if (!(error instanceof GennakerError)) log.error('a run failed unexpectedly', { run: id, error });
      const exception = canaryException(error, 'canaryAnalysis', this.clock.now());
      await this.runs.append(await this.runs.get(id), [
        { type: 'StandaloneEnded', data: { status: 'TERMINAL', exception } },
      ]);
      return { done: true };
    }
  }

  private async step(run: StandaloneAnalysis): Promise<WorkOutcome> {
    const running = run.judgements.find((judgement) => judgement.status === undefined);
    const child = running && (await this.canaries.get(running.canaryId));
    if (run.cancelRequestedBy !== undefined) {
      if (child !== undefined)
        await this.canaries.cancel(child.requested.id, { actor: run.cancelRequestedBy });
      await this.runs.append(run, [{ type: 'StandaloneEnded', data: { status: 'CANCELED' } }]);
      return { done: true };
    }
    if (child === undefined) return this.next(run);
    if (!isEndedCanary(child)) return { retryAt: this.clock.now() + LOOK_AGAIN_MS };
    return this.conclude(run, child);
  }

  /** Asks for the next judgement as soon as its window is over. Asking twice asks once, so it goes before the record. */
  private async next(run: StandaloneAnalysis): Promise<WorkOutcome> {
    const plan = standalonePlan(run.requested.request, run.requestedAt);
    const index = run.judgements.length;
    const planned = plan.judgements[index]!;
    const due =
      plan.intervalSeconds === undefined
        ? run.requestedAt + (plan.warmupSeconds ?? 0) * 1_000
        : planned.experiment.end;
    if (this.clock.now() < due) return { retryAt: due };
    const { requested } = run;
    const canaryId = `${requested.id}-${index + 1}`;
    await this.canaries.request({
      id: canaryId,
      application: requested.application,
      user: requested.user,
      parentPipelineExecutionId: requested.id,
      canaryConfigId: requested.canaryConfigId,
      config: requested.config,
      request: standaloneJudgementRequest(run, index),
      metricsAccountName: requested.metricsAccountName,
      storageAccountName: requested.storageAccountName,
      configurationAccountName: requested.configurationAccountName,
      replyTo: standaloneStream(requested.id),
    });
    await this.runs.append(run, [
      { type: 'StandaloneJudgementAsked', data: { judgement: index + 1, canaryId } },
    ]);
    return { retryAt: this.clock.now() + LOOK_AGAIN_MS };
  }

  private async conclude(run: StandaloneAnalysis, child: CanaryExecution): Promise<WorkOutcome> {
    const judgement = run.judgements.length;
    const score = child.judgeResult?.score.score;
    const ended = {
      type: 'StandaloneJudgementEnded',
      data: { judgement, score, status: child.status },
    } as const;
    const { judgements } = standalonePlan(run.requested.request, run.requestedAt);
    const thresholds = run.requested.request.thresholds ?? {};
    const stopped = score === undefined || (thresholds.marginal != null && score <= thresholds.marginal);
    if (!stopped && judgement < judgements.length) {
      await this.runs.append(run, [ended]);
      return this.next(await this.runs.get(run.requested.id));
    }
    const { passed } = aggregateScores(score, thresholds);
    await this.runs.append(run, [
      ended,
      {
        type: 'StandaloneEnded',
        data: { status: passed ? 'SUCCEEDED' : 'TERMINAL', exception: child.exception },
      },
    ]);
    return { done: true };
  }
}
