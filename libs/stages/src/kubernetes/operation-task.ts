import { actingAs, type StageState } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import type { OperationResult } from '../ports.js';
import type { CleanUpInput, TaskDefinition, TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';

const ONE_HOUR_MS = 3_600_000;
const TASKS = 'kato.tasks';
const LAST_TASK = 'kato.last.task.id';

/** The fields of every stage that works on a cluster; `credentials` is the account's old name. */
export const clusterStageSchema = z.looseObject({
  account: z.string().nullish(),
  credentials: z.string().nullish(),
  cloudProvider: z.string().nullish(),
});

/** One operation of the stage as its context shows it. Manifests and texts are left out: they stand in the stage's outputs. */
interface OperationRecord extends JsonObject {
  id: string;
  status: { status: OperationResult['status']; complete: boolean; completed: boolean; failed: boolean };
  resultObjects: JsonObject[];
  errors: string[];
}

export interface OperationTaskOptions<Config> {
  /** The task's name. */
  name: string;
  /** The operation's. */
  kind: string;
  /** What to ask for; without it, the stage's own fields. */
  describe?(input: TaskInput<Config>): JsonObject;
  timeoutMs?: TaskDefinition<Config>['timeoutMs'];
  onTimeout?: TaskDefinition<Config>['onTimeout'];
}

/**
 * Asks for an operation under the task's own key, and waits until it has ended: the cloud driver wakes the task in the
 * same commit. Whether the operation went well is for the monitoring task after it.
 */
export function operationTask<Config>(options: OperationTaskOptions<Config>): TaskDefinition<Config> {
  const { name, kind, describe, timeoutMs = ONE_HOUR_MS, onTimeout } = options;
  return {
    name,
    timeoutMs,
    ...(onTimeout && { onTimeout }),
    waitsFor: async ({ ports, stage }) => {
      const operation = await ports.operations.find(operationId(stage, name));
      return operation?.status === 'RUNNING' ? operation.progress : undefined;
    },
    run: async (input) => {
      const { ports, workItemId: replyTo, stage, execution } = input;
      const id = operationId(stage, name);
      const operation = await ports.operations.find(id);
      if (operation === undefined) {
        const { user, roles } = actingAs(execution, stage.id);
        await ports.operations.request({
          id,
          replyTo,
          kind,
          application: execution.application,
          account: accountOf(stage.context),
          description: describe?.(input) ?? stageFields(stage.context),
          user,
          ...(roles && { roles }),
          executionId: execution.id,
          stageId: stage.id,
        });
        return { status: 'RUNNING', context: { [LAST_TASK]: { id } } };
      }
      if (operation.status === 'RUNNING') return { status: 'RUNNING' };
      return {
        status: 'SUCCEEDED',
        context: { [TASKS]: [...recordsOf(stage.context), recordOf(id, operation)] },
      };
    },
  };
}

/** Ends the stage when the operation before it went wrong. */
export function monitorTask<Config>(name: string): TaskDefinition<Config> {
  return { name, run: (input) => failureOf(input, name) ?? { status: 'SUCCEEDED' } };
}

/** The failure of the stage's last operation, or undefined when it went well. */
export function failureOf<Config>(
  { stage, now }: TaskInput<Config>,
  operation: string,
): TaskResult | undefined {
  const last = recordsOf(stage.context).at(-1);
  if (last === undefined || last.status.status === 'SUCCEEDED') return undefined;
  const messages =
    last.errors.length > 0 ? last.errors : [`The operation was ${last.status.status.toLowerCase()}`];
  return {
    status: last.status.status === 'CANCELED' ? 'CANCELED' : 'TERMINAL',
    exception: exceptionOf(messages, { operation, now, type: 'CloudOperationFailed' }),
  };
}

/** The full results of the stage's last operation. */
export async function lastResults<Config>({ ports, stage }: TaskInput<Config>): Promise<JsonObject[]> {
  const last = recordsOf(stage.context).at(-1);
  const operation = last && (await ports.operations.find(last.id));
  return operation?.results ?? [];
}

/** The same for every try of one run of a task, and known without asking anybody: a stage can be stopped by it. */
function operationId(stage: StageState, task: string): string {
  const runs = stage.tasks.findLast(({ name }) => name === task)?.runs ?? 1;
  return `${stage.id}-${stage.startTime ?? 0}-${task}-${runs}`;
}

/** Stops what the stage has under way: the operation of the task that did not come to its end. */
export async function cancelOperations<Config>({
  ports,
  stage,
  execution,
}: CleanUpInput<Config>): Promise<JsonObject> {
  const user = execution.canceledBy ?? execution.authentication.user;
  const unfinished = stage.tasks.filter(
    ({ startTime, status }) => startTime !== undefined && status !== 'SUCCEEDED',
  );
  for (const { name } of unfinished) {
    await ports.operations.cancel(operationId(stage, name), { user, reason: 'the stage has ended' });
  }
  return {};
}

function recordsOf(context: JsonObject): OperationRecord[] {
  const records = context[TASKS];
  return Array.isArray(records) ? (records as OperationRecord[]) : [];
}

function recordOf(id: string, { status, results, errors }: OperationResult): OperationRecord {
  const failed = status !== 'SUCCEEDED';
  return {
    id,
    status: { status, complete: true, completed: true, failed },
    resultObjects: results.map(({ manifests: _manifests, text: _text, ...rest }) => rest),
    errors,
  };
}

export function accountOf(context: JsonObject): string {
  const account = context['account'] ?? context['credentials'];
  return typeof account === 'string' ? account : '';
}

const OWN_KEYS =
  /^(kato\.|outputs\.|deploy\.|artifacts$|resolvedExpectedArtifacts$|exception$|stageDetails$|restartDetails$|notifications$|expressionEvaluationSummary$)/;

/** The stage's fields as the cloud driver gets them: everything but what the engine and earlier tasks have noted. */
export function stageFields(context: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(context).filter(([key]) => !OWN_KEYS.test(key)));
}
