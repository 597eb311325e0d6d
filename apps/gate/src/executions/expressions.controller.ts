import { randomUUID } from 'node:crypto';
import {
  type RouteInput,
  evaluateExpression,
  evaluateExpressionAtStage,
  evaluateExpressionInBody,
  evaluateVariables as evaluateVariablesRoute,
} from '@gennaker/contracts';
import { type ExecutionState, stagesOf } from '@gennaker/execution';
import {
  type EvaluationOptions,
  type ExecutionJson,
  type TreeResult,
  buildExecutionContext,
  evaluateTree,
  evaluateVariables,
  evaluatorVersion,
} from '@gennaker/expression';
import { Input, Serves } from '@gennaker/http';
import { Clock, type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { ExecutionReader } from './execution-reader.js';

/** Tries expressions out on an execution as it is. Nothing outside is called. */
@Controller()
export class ExpressionsController {
  constructor(
    private readonly reader: ExecutionReader,
    private readonly clock: Clock,
  ) {}

  @Serves(evaluateExpression)
  async evaluate(@Input() { params, query }: RouteInput<typeof evaluateExpression>): Promise<JsonObject> {
    return this.evaluateText(await this.reader.get(params.id, 'PIPELINE'), query.expression);
  }

  @Serves(evaluateExpressionInBody)
  async evaluateBody(
    @Input() { params, body }: RouteInput<typeof evaluateExpressionInBody>,
  ): Promise<JsonObject> {
    const text = typeof body === 'string' ? body : body.expression;
    return this.evaluateText(await this.reader.get(params.id, 'PIPELINE'), text);
  }

  @Serves(evaluateExpressionAtStage)
  async evaluateAtStage(
    @Input() { params, query }: RouteInput<typeof evaluateExpressionAtStage>,
  ): Promise<JsonObject> {
    const state = await this.reader.get(params.id, 'PIPELINE');
    if (state.stages[params.stageId] === undefined) {
      throw new NotFoundError('gate.no_such_stage', `no stage ${params.stageId} in execution ${params.id}`);
    }
    return this.evaluateText(state, query.expression, params.stageId);
  }

  @Serves(evaluateVariablesRoute)
  async variables(
    @Input() { params, query, body }: RouteInput<typeof evaluateVariablesRoute>,
  ): Promise<JsonObject> {
    const state = await this.reader.get(query.executionId ?? params.id, 'PIPELINE');
    const { root, access } = contextOf(state);
    const evaluator = evaluatorVersion(query.spelVersion ?? state.spelEvaluator);
    const variables = body.map(({ key, value }) => ({ key, value }));
    return answerOf(evaluateVariables(variables, root, { ...this.options(access), evaluator }));
  }

  private evaluateText(state: ExecutionState, text: string, stageId?: string): JsonObject {
    const { root, access } = contextOf(state, stageId);
    return answerOf(evaluateTree(text, root, this.options(access)));
  }

  private options(execution: EvaluationOptions['execution']): EvaluationOptions {
    return { now: this.clock.now(), random: Math.random, uuid: randomUUID, ...(execution && { execution }) };
  }
}

function contextOf(state: ExecutionState, stageId?: string) {
  const execution = { ...state, stages: stagesOf(state) } as unknown as ExecutionJson;
  return buildExecutionContext({ execution, ...(stageId === undefined ? {} : { stageId }) });
}

/** What was wrong is part of the answer, by expression. */
function answerOf({ value, summary }: TreeResult): JsonObject {
  return Object.keys(summary).length === 0 ? { result: value } : { result: value, detail: summary };
}
