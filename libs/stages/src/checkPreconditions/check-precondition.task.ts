import { stagesOf } from '@gennaker/execution';
import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import type { CheckPreconditionConfig } from './check-preconditions.schema.js';

type Check = (input: TaskInput<CheckPreconditionConfig>) => string | undefined;

/** What each kind of precondition finds wrong, or undefined when it holds. */
const CHECKS: Record<string, Check> = {
  noop: () => undefined,
  stageStatus: ({ config, execution }) => {
    const { stageName, stageStatus } = config.context;
    const stage = stagesOf(execution).find(({ name }) => name === stageName);
    if (stage === undefined) return `Stage "${String(stageName)}" does not exist`;
    return stage.status === stageStatus
      ? undefined
      : `Stage "${stage.name}" is ${stage.status}, not ${String(stageStatus)}`;
  },
};

export function checkPrecondition(input: TaskInput<CheckPreconditionConfig>): TaskResult {
  const { config, now } = input;
  const check = CHECKS[config.preconditionType];
  const problem =
    check === undefined ? `There is no precondition of type "${config.preconditionType}"` : check(input);
  if (problem === undefined) return { status: 'SUCCEEDED' };
  const messages = [customMessage(config.context) ?? `Precondition check failed: ${problem}`];
  return {
    status: 'TERMINAL',
    exception: exceptionOf(messages, { operation: 'checkPrecondition', now, type: 'PreconditionFailed' }),
  };
}

function customMessage(context: Record<string, unknown>): string | undefined {
  const { failureMessage } = context;
  return typeof failureMessage === 'string' && failureMessage !== '' ? failureMessage : undefined;
}
