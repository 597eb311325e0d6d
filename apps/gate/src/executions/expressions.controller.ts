import { randomUUID } from 'node:crypto';
import {
  type RouteInput,
  evaluateExpression,
  evaluateExpressionAtStage,
  evaluateExpressionInBody,
  evaluateVariables as evaluateVariablesRoute,
} from '@gennaker/contracts';
import { type ExecutionState, findStage } from '@gennaker/execution';
import {
  type EvaluationOptions,
  type ExecutionAccess,
  type TreeResult,
  evaluateTree,
  evaluateVariables,
  evaluatorVersion,
} from '@gennaker/expression';
import { Input, Serves } from '@gennaker/http';
import { Clock, type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { expressionContext } from './expression-context.js';
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
    if (findStage(state, params.stageId) === undefined) {
      throw new NotFoundError('gate.no_such_stage', `no stage ${params.stageId} in execution ${params.id}`);
    }
    return this.evaluateText(state, query.expression, params.stageId);
  }

  @Serves(evaluateVariablesRoute)
  async variables(
    @Input() { params, query, body }: RouteInput<typeof evaluateVariablesRoute>,
  ): Promise<JsonObject> {
    const state = await this.reader.get(query.executionId ?? params.id, 'PIPELINE');
    const evaluator = evaluatorVersion(query.spelVersion ?? state.spelEvaluator);
    const { root, access } = expressionContext(state, { after: query.requisiteStageRefIds, evaluator });
    const variables = body.map(({ key, value }) => ({ key, value }));
    return answerOf(
      evaluateVariables(variables, root, {
        ...this.options(access, state.authentication.user),
        evaluator,
      }),
    );
  }

  private evaluateText(state: ExecutionState, text: string, stageId?: string): JsonObject {
    const { root, access } = expressionContext(state, { stageId });
    return answerOf(evaluateTree(text, root, this.options(access, state.authentication.user)));
  }

  private options(execution: ExecutionAccess, user: string): EvaluationOptions {
    return { now: this.clock.now(), random: Math.random, uuid: randomUUID, execution, user };
  }
}

/** What was wrong is part of the answer, by expression. */
function answerOf({ value, summary }: TreeResult): JsonObject {
  return Object.keys(summary).length === 0 ? { result: value } : { result: value, detail: summary };
}
