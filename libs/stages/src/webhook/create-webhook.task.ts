import type { JsonObject } from '@gennaker/kernel';
import type { HttpResponse } from '../ports.js';
import type { TaskInput, TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';
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
  isUnsent,
  payloadOf,
  senderOf,
} from './webhook-http.js';

const UNKNOWN =
  'It is not known whether the request has arrived, and the operators do not allow it to be sent a second time';

/**
 * Sends the request. A crash between sending and recording sends it a second time, with the same Idempotency-Key:
 * a receiver that knows the header acts once. Where operators say that this is not safe, the stage fails instead.
 */
export async function createWebhook(input: TaskInput<WebhookConfig>): Promise<TaskResult> {
  const { config, execution, ports, signal, stage, workItemId, isRepeated = false } = input;
  const mayRepeat = ports.http.isSafeToRetry(config.method, config.url!);
  if (isRepeated && !mayRepeat) return failed(input, UNKNOWN, { error: UNKNOWN });
  const { body, contentType } =
    config.method === 'GET' || config.method === 'HEAD' ? {} : payloadOf(config.payload);
  let response: HttpResponse;
  try {
    response = await ports.http.request({
      method: config.method,
      url: config.url!,
      headers: {
        ...(contentType && { 'content-type': contentType }),
        accept: 'application/json, */*',
        ...config.customHeaders,
        ...(config.method !== 'GET' && config.method !== 'HEAD' && { 'idempotency-key': workItemId }),
      },
      ...(body !== undefined && { body }),
      application: execution.application,
      webhook: senderOf(stage.context),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `The request to ${hostOf(config.url!)} failed: ${describeFailure(error)}`;
    return isPassing(error) && (mayRepeat || isUnsent(error))
      ? { status: 'RUNNING', context: { webhook: { error: message } } }
      : failed(input, message, { error: message });
  }
  return judged(input, response, mayRepeat);
}

function judged(input: TaskInput<WebhookConfig>, response: HttpResponse, mayRepeat: boolean): TaskResult {
  const { config } = input;
  const described = describeResponse(response);
  const { status } = response;
  if (!isSuccess(status)) {
    const message = `The request to ${hostOf(config.url!)} was answered ${status}`;
    const webhook = { ...described, error: message };
    const passing = isServerTrouble(status) || config.webhookRetryStatusCodes.includes(status);
    // Who asks for a pause has done nothing yet.
    const again = passing && (mayRepeat || status === 429);
    if (again && !config.failFastStatusCodes.includes(status))
      return { status: 'RUNNING', context: { webhook } };
    return failed(input, message, webhook);
  }
  if (!config.waitForCompletion) return succeeded(response, described);
  const endpoint = statusEndpointOf(config, response);
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) {
    const message = 'The answer does not say where its status can be found';
    return failed(input, message, { ...described, error: message });
  }
  return succeeded(response, { ...described, statusEndpoint: endpoint });
}

function succeeded(response: HttpResponse, webhook: JsonObject): TaskResult {
  return {
    status: 'SUCCEEDED',
    context: { webhook },
    outputs: { webhook, ...artifactsIn(bodyOf(response)) },
  };
}

function failed({ now }: TaskInput<WebhookConfig>, message: string, webhook: JsonObject): TaskResult {
  return {
    status: 'TERMINAL',
    context: { webhook },
    exception: exceptionOf([message], { operation: 'createWebhook', now, type: 'WebhookFailed' }),
  };
}

/** Where the status is; addresses may be relative to the request's. */
function statusEndpointOf(config: WebhookConfig, response: HttpResponse): string | undefined {
  switch (config.statusUrlResolution) {
    case 'getMethod':
      return config.url!;
    case 'locationHeader':
      return absolute(response.headers['location'], config.url!);
    case 'webhookResponse':
      return absolute(readJsonPath(bodyOf(response), config.statusUrlJsonPath!), config.url!);
  }
}

function absolute(address: unknown, base: string): string | undefined {
  if (typeof address !== 'string' || address === '' || !URL.canParse(address, base)) return undefined;
  return new URL(address, base).href;
}

/** Names a receiver without what its address may hold of secrets. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an unreadable address';
}
