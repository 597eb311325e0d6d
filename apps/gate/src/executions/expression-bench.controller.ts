import { randomUUID } from 'node:crypto';
import { Catalog, isTemplated, type PipelineProblem, PipelineTemplates } from '@gennaker/catalog';
import {
  type RouteInput,
  evaluateExpressions,
  listExpressionFunctions,
  validatePipelineConfig,
} from '@gennaker/contracts';
import { type ExecutionState, findStage, stagesOf } from '@gennaker/execution';
import { evaluatorVersion, explain, functionCatalogue, givenContext } from '@gennaker/expression';
import { Input, Serves } from '@gennaker/http';
import { Clock, InvalidInputError, isObject, type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { expressionContext } from './expression-context.js';
import { ExecutionReader } from './execution-reader.js';

type BenchRequest = RouteInput<typeof evaluateExpressions>['body'];

/** Texts with expressions in one request: each may take its full number of steps. */
const MAX_TEXTS = 200;

/** A bench for people who write expressions. Nothing outside is called, nothing is stored. */
@Controller()
export class ExpressionBenchController {
  constructor(
    private readonly reader: ExecutionReader,
    private readonly catalog: Catalog,
    private readonly templates: PipelineTemplates,
    private readonly clock: Clock,
  ) {}

  @Serves(evaluateExpressions)
  async evaluate(@Input() { body }: RouteInput<typeof evaluateExpressions>): Promise<JsonObject> {
    refuseTooMany(body.expression);
    const { root, access, user, evaluator } = await this.contextFor(body);
    const { value, ...explained } = explain(body.expression, root, {
      now: this.clock.now(),
      random: Math.random,
      uuid: randomUUID,
      evaluator: evaluatorVersion(evaluator),
      ...(access && { execution: access }),
      ...(user !== undefined && { user }),
    });
    return { result: value ?? null, ...explained };
  }

  @Serves(listExpressionFunctions)
  functions(): typeof functionCatalogue {
    return functionCatalogue;
  }

  @Serves(validatePipelineConfig)
  async validate(@Input() { body }: RouteInput<typeof validatePipelineConfig>): Promise<JsonObject> {
    const { errors, warnings } = this.catalog.pipelines.problemsOf(body);
    const ofTemplate = errors.length === 0 && isTemplated(body) ? await this.templateProblems(body) : [];
    return { valid: errors.length === 0, errors, warnings: [...warnings, ...ofTemplate] };
  }

  /** Why a templated pipeline could not be started: it may be stored before its template is. */
  private async templateProblems(config: JsonObject): Promise<PipelineProblem[]> {
    try {
      await this.templates.plan(config);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return error.problems.map((problem) => ({ ...problem, severity: 'warning' }));
    }
  }

  private async contextFor({ context = {}, executionId, stageId, evaluator }: BenchRequest) {
    if (executionId === undefined) {
      return { access: undefined, user: userOf(context), evaluator, ...givenContext(context, evaluator) };
    }
    const state = await this.reader.get(executionId, 'PIPELINE');
    const place = { stageId: stageIdIn(state, stageId), evaluator };
    return {
      ...expressionContext(state, place),
      user: state.authentication.user,
      evaluator: evaluator ?? state.spelEvaluator,
    };
  }
}

/** By id or by refId: people know the latter. */
function stageIdIn(state: ExecutionState, stageId: string | undefined): string | undefined {
  if (stageId === undefined || findStage(state, stageId) !== undefined) return stageId;
  const stage = stagesOf(state).find(({ refId }) => refId === stageId);
  if (stage !== undefined) return stage.id;
  throw new NotFoundError('gate.no_such_stage', `Execution ${state.id} has no stage ${stageId}`);
}

function userOf({ execution }: JsonObject): string | undefined {
  const authentication = isObject(execution) ? execution.authentication : undefined;
  const user = isObject(authentication) ? authentication.user : undefined;
  return typeof user === 'string' ? user : undefined;
}

function refuseTooMany(expression: unknown): void {
  const open = [expression];
  let texts = 0;
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (typeof next === 'string') texts += next.includes('${') ? 1 : 0;
    else if (Array.isArray(next)) for (const item of next as unknown[]) open.push(item);
    else if (isObject(next)) for (const [key, value] of Object.entries(next)) open.push(key, value);
    if (texts > MAX_TEXTS) {
      const message = `holds more than ${MAX_TEXTS} texts with expressions; send fewer at a time`;
      throw new InvalidInputError('gate.too_many_expressions', [{ path: 'expression', message }]);
    }
  }
}
