import type { WorkItem } from '@gennaker/event-store';
import { type PlanPhase, settleDeferredPlan, stageOf } from '@gennaker/execution';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, type OrcaEngine } from './orca-engine.js';

/** Plans a stage whose planning has to ask the outside world first. */
export class PlanHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'plan';

  constructor(private readonly engine: OrcaEngine) {}

  async handle(item: WorkItem, { claim }: WorkContext): Promise<WorkOutcome> {
    const { stageId, phase } = item.payload as { stageId: string; phase: PlanPhase };
    const { planner } = this.engine.parts;
    const committed = await this.engine.commit(
      item,
      (state, context) => {
        if (state.stages[stageId] === undefined || stageOf(state, stageId).planItem?.id !== item.id)
          return [];
        if (phase === 'start') {
          const plan = planner.plan(state, stageId, context.now);
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
