import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { CheckPreconditionConfig } from './check-preconditions.schema.js';
import { checkCondition } from './precondition-checks.js';

export async function checkPrecondition(input: TaskInput<CheckPreconditionConfig>): Promise<TaskResult> {
  const { config, now } = input;
  const condition = { type: config.preconditionType, context: config.context };
  const { problem, context = {} } = await checkCondition(condition, input);
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
