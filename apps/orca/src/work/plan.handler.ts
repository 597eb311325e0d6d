import type { WorkItem } from '@gennaker/event-store';
import { type ExecutionState, type PlanPhase, settleDeferredPlan, stageOf } from '@gennaker/execution';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { type PlanWithNeeds, withEffects } from '@gennaker/stages';
import { doneWith, type OrcaEngine } from './orca-engine.js';

/** Plans a stage whose planning has to ask the outside world first. */
export class PlanHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'plan';

  constructor(private readonly engine: OrcaEngine) {}

  async handle(item: WorkItem, { claim, signal }: WorkContext): Promise<WorkOutcome> {
    const { stageId, phase } = item.payload as { stageId: string; phase: PlanPhase };
    const { planner, ports, clock } = this.engine.parts;
    const asks = ({ stages }: ExecutionState): boolean => stages[stageId]?.planItem?.id === item.id;
    const seen = await this.engine.stateFor(item, asks);
    if (!asks(seen)) return { done: true };
    const { effects } = await withEffects(
      ports,
      (known): PlanWithNeeds =>
        phase === 'start' ? planner.plan(seen, stageId, clock.now(), known) : { kind: 'deferred' },
      { application: seen.application, signal },
    );
    const committed = await this.engine.commit(
      item,
      (state, context) => {
        if (state.stages[stageId] === undefined || stageOf(state, stageId).planItem?.id !== item.id)
          return [];
        if (phase === 'start') {
          const plan = planner.plan(state, stageId, context.now, effects);
          return settleDeferredPlan(state, stageId, { phase, plan }, context);
        }
        const plan =
          phase === 'after'
            ? planner.planAfter(state, stageId, context.now)
            : planner.planOnFailure(state, stageId, context.now);
        return settleDeferredPlan(state, stageId, { phase, plan }, context);
      },
      { claim },
    );
    return doneWith(committed);
  }
}
