import { isObject, type JsonObject } from '@gennaker/kernel';
import { objectAt } from '@gennaker/execution';
import type { HttpResponse } from '../ports.js';
import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
import { hostOf } from './create-webhook.task.js';
import { readJsonPath } from '../json-path.js';
import type { WebhookConfig } from './webhook.schema.js';
import {
  artifactsIn,
  bodyOf,
  describeFailure,
  describeResponse,
  isPassing,
  isServerTrouble,
  isSuccess,
  senderOf,
} from './webhook-http.js';

const MOST_PAST_CODES = 20;

/** Waits so many seconds before the first look. */
export function waitBeforeMonitor({ config, now, startedAt }: TaskInput<WebhookConfig>): TaskResult {
  const until = startedAt + config.waitBeforeMonitor * 1_000;
  return now >= until ? { status: 'SUCCEEDED' } : { status: 'RUNNING', wakeAt: until };
}

/** Looks at the status until it is one that ends. */
export async function monitorWebhook(input: TaskInput<WebhookConfig>): Promise<TaskResult> {
  const { config, execution, ports, signal, stage } = input;
  const webhook = objectAt(stage.context, 'webhook');
  const url = String(webhook['statusEndpoint'] ?? config.statusEndpoint ?? config.url);
  try {
    const response = await ports.http.request({
      method: 'GET',
      url,
      headers: { accept: 'application/json, */*', ...config.customHeaders },
      application: execution.application,
      webhook: senderOf(stage.context),
      signal,
    });
    return judged(input, url, response);
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `The status at ${hostOf(url)} cannot be read: ${describeFailure(error)}`;
    return isPassing(error)
      ? noted(input, { error: message }, { status: 'RUNNING' })
      : ended(input, { error: message }, 'TERMINAL', message);
  }
}

function judged(input: TaskInput<WebhookConfig>, url: string, response: HttpResponse): TaskResult {
  const { config } = input;
  const { status } = response;
  const past = pastCodes(input);
  const monitor: JsonObject = {
    ...describeResponse(response),
    pastStatusCodes: [...past, status].slice(-MOST_PAST_CODES),
    ...progress(config, response),
  };
  if (!isSuccess(status)) {
    const message = `The status at ${hostOf(url)} was answered ${status}`;
    const seen = past.filter((code) => code === status).length + 1;
    return mayRetry(config, status, seen)
      ? noted(input, { ...monitor, error: message }, { status: 'RUNNING' })
      : ended(input, { ...monitor, error: message }, 'TERMINAL', message);
  }
  if (!config.statusJsonPath) return ended(input, monitor, 'SUCCEEDED');
  const value = readJsonPath(bodyOf(response), config.statusJsonPath);
  if (value === undefined || value === null || isObject(value)) {
    const message = `The answer holds no status at ${config.statusJsonPath}`;
    return ended(input, { ...monitor, error: message }, 'TERMINAL', message);
  }
  return byStatus(input, monitor, value);
}

/** A number is how much is done, in percent; a text is one of the statuses that the stage names. */
function byStatus(input: TaskInput<WebhookConfig>, monitor: JsonObject, value: unknown): TaskResult {
  const { config } = input;
  if (typeof value === 'number') {
    const done = { ...monitor, percentComplete: value };
    return value === 100 ? ended(input, done, 'SUCCEEDED') : noted(input, done, { status: 'RUNNING' });
  }
  const text = String(value).toLowerCase();
  if (config.successStatuses.includes(text)) return ended(input, monitor, 'SUCCEEDED');
  if (config.canceledStatuses.includes(text))
    return ended(input, monitor, 'CANCELED', `The status is ${text}`);
  if (config.terminalStatuses.includes(text))
    return ended(input, monitor, 'TERMINAL', `The status is ${text}`);
  return noted(input, monitor, { status: 'RUNNING' });
}

function mayRetry(config: WebhookConfig, status: number, seen: number): boolean {
  const most = config.retries?.[String(status)]?.maxAttempts;
  if (most !== undefined && most !== null) return seen <= most;
  return isServerTrouble(status) || config.retryStatusCodes.includes(status);
}

function progress(config: WebhookConfig, response: HttpResponse): JsonObject {
  if (!config.progressJsonPath) return {};
  const message = readJsonPath(bodyOf(response), config.progressJsonPath);
  if (message === undefined || message === null) return {};
  return { progressMessage: typeof message === 'string' ? message : JSON.stringify(message) };
}

function pastCodes({ stage }: TaskInput<WebhookConfig>): number[] {
  const past = objectAt(objectAt(stage.context, 'webhook'), 'monitor')['pastStatusCodes'];
  return Array.isArray(past) ? past.filter((code) => typeof code === 'number') : [];
}

function noted({ stage }: TaskInput<WebhookConfig>, monitor: JsonObject, result: TaskResult): TaskResult {
  return { ...result, context: { webhook: { ...objectAt(stage.context, 'webhook'), monitor } } };
}

function ended(
  input: TaskInput<WebhookConfig>,
  monitor: JsonObject,
  status: 'SUCCEEDED' | 'TERMINAL' | 'CANCELED',
  message?: string,
): TaskResult {
  const webhook = { ...objectAt(input.stage.context, 'webhook'), monitor };
  return {
    status,
    context: { webhook },
    outputs: { webhook, ...(status === 'SUCCEEDED' && artifactsIn(monitor['body'])) },
    ...(message !== undefined && {
      exception: exceptionOf([message], {
        operation: 'monitorWebhook',
        now: input.now,
        type: 'WebhookFailed',
      }),
    }),
  };
}
