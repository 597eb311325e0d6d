import { type ExecutionState, stagesOf } from '@gennaker/execution';
import { buildExecutionContext, type ExecutionContext, type ExecutionJson } from '@gennaker/expression';

/** Where in an execution expressions are tried out. */
export interface ExpressionPlace {
  /** In this stage. */
  stageId?: string | undefined;
  /** In a stage that would follow these. */
  after?: string[] | undefined;
  /** Default: what the execution asks for. */
  evaluator?: string | undefined;
}

const IMAGINED = 'imagined';

/** What expressions see of an execution as it is, at a place in it. */
export function expressionContext(
  state: ExecutionState,
  { stageId, after = [], evaluator }: ExpressionPlace = {},
): ExecutionContext {
  const stages = stagesOf(state) as unknown as ExecutionJson['stages'];
  const follows = stageId === undefined && after.length > 0;
  const imagined = { id: IMAGINED, refId: IMAGINED, requisiteStageRefIds: after, context: {}, outputs: {} };
  const execution = {
    ...state,
    stages: follows ? [...stages, imagined] : stages,
  } as unknown as ExecutionJson;
  const place = stageId ?? (follows ? IMAGINED : undefined);
  return buildExecutionContext({
    execution,
    ...(place !== undefined && { stageId: place }),
    ...(evaluator !== undefined && { evaluator }),
  });
}
