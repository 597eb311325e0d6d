import { stagesOf } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { conditionIn } from '../expressions/execution-expressions.js';
import { withEffects } from '../expressions/perform-effects.js';
import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { CheckPreconditionConfig } from './check-preconditions.schema.js';

type Check = (input: TaskInput<CheckPreconditionConfig>) => Found | Promise<Found>;
/** What is wrong, if anything, and what the context keeps of the check. */
type Found = string | undefined | { problem: string | undefined; context: JsonObject };

/** What each kind of precondition finds wrong, or undefined when it holds. */
const CHECKS: Record<string, Check> = {
  noop: () => undefined,
  expression: checkExpression,
  stageStatus: ({ config, execution }) => {
    const { stageName, stageStatus } = config.context;
    const stage = stagesOf(execution).find(({ name }) => name === stageName);
    if (stage === undefined) return `Stage "${String(stageName)}" does not exist`;
    return stage.status === stageStatus
      ? undefined
      : `Stage "${stage.name}" is ${stage.status}, not ${String(stageStatus)}`;
  },
};

/** True is true, as a value or as text; whatever else comes of the expression fails the check. */
async function checkExpression(input: TaskInput<CheckPreconditionConfig>): Promise<Found> {
  const { config, execution, stage, now, ports, signal } = input;
  const expression = String(config.context['expression'] ?? '');
  const { result } = await withEffects(
    ports,
    (effects) => conditionIn(execution, stage.id, expression, { now, effects }),
    { application: execution.application, signal },
  );
  const context = { context: { ...config.context, expressionResult: result.text } };
  const why = result.errors.map(({ message }) => `: ${message}`).join('');
  return { problem: result.value ? undefined : `"${expression}" is ${result.text}${why}`, context };
}

export async function checkPrecondition(input: TaskInput<CheckPreconditionConfig>): Promise<TaskResult> {
  const { config, now } = input;
  const check = CHECKS[config.preconditionType];
  const found =
    check === undefined
      ? `There is no precondition of type "${config.preconditionType}"`
      : await check(input);
  const { problem, context } = typeof found === 'object' ? found : { problem: found, context: {} };
  if (problem === undefined) return { status: 'SUCCEEDED', context };
  const messages = [customMessage(config.context) ?? `Precondition check failed: ${problem}`];
  return {
    status: 'TERMINAL',
    context,
    exception: exceptionOf(messages, { operation: 'checkPrecondition', now, type: 'PreconditionFailed' }),
  };
}

function customMessage(context: Record<string, unknown>): string | undefined {
  const { failureMessage } = context;
  return typeof failureMessage === 'string' && failureMessage !== '' ? failureMessage : undefined;
}
