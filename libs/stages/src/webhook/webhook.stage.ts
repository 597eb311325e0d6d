import type { JsonObject } from '@gennaker/kernel';
import type { CleanUpInput, StageDefinition } from '../stage-definition.js';
import { defineStage } from '../stage-definition.js';
import { bindProducedArtifacts } from '../kubernetes/stage-artifacts.js';
import { treeIn } from '../expressions/execution-expressions.js';
import { createWebhook } from './create-webhook.task.js';
import { monitorWebhook, waitBeforeMonitor } from './monitor-webhook.task.js';
import { payloadOf, senderOf } from './webhook-http.js';
import { type WebhookConfig, webhookSchema } from './webhook.schema.js';

const MINUTE_MS = 60_000;

/** Everything of a webhook stage but its name: preconfigured webhooks are stage types of the same making. */
export const webhookParts: Pick<
  StageDefinition<WebhookConfig>,
  'schema' | 'tasks' | 'plan' | 'cleanUp' | 'dryRunOutputs' | 'evaluatedLater'
> = {
  schema: webhookSchema,
  tasks: [
    { name: 'createWebhook', run: createWebhook, backoffMs: 10_000, timeoutMs: 5 * MINUTE_MS },
    { name: 'waitBeforeMonitorWebhook', run: waitBeforeMonitor },
    {
      name: 'monitorWebhook',
      run: monitorWebhook,
      backoffMs: (_input, ageMs) => (ageMs < MINUTE_MS ? 1_000 : 15_000),
      timeoutMs: 60 * MINUTE_MS,
    },
    bindProducedArtifacts(),
  ],
  plan: ({ config }) => [
    ...(config.monitorOnly ? [] : ['createWebhook']),
    ...(config.waitForCompletion || config.monitorOnly
      ? [...(config.waitBeforeMonitor > 0 ? ['waitBeforeMonitorWebhook'] : []), 'monitorWebhook']
      : []),
    'bindProducedArtifacts',
  ],
  cleanUp: cancelWebhook,
  dryRunOutputs: () => ({ webhook: { statusCode: 'OK', statusCodeValue: 200, body: {} } }),
  evaluatedLater: ['cancelEndpoint', 'cancelPayload'],
};

export const webhookStage = defineStage<WebhookConfig>({
  type: 'webhook',
  label: 'Webhook',
  description: 'Sends a request, and may wait until its receiver says that it is done.',
  ...webhookParts,
});

/** Tells the receiver that nobody waits any more. */
async function cancelWebhook(input: CleanUpInput<WebhookConfig>): Promise<{ context?: JsonObject }> {
  const { config, ports, signal, workItemId, stage, execution, now } = input;
  const given = { cancelEndpoint: config.cancelEndpoint, cancelPayload: config.cancelPayload };
  const evaluated = treeIn(execution, stage.id, given, { now }).value as typeof given;
  const { cancelMethod } = config;
  const { cancelEndpoint, cancelPayload } = evaluated;
  if (config.signalCancellation !== true || !cancelEndpoint || stage.context['webhook'] === undefined)
    return {};
  const { body, contentType } = payloadOf(cancelPayload);
  const response = await ports.http.request({
    method: cancelMethod,
    url: cancelEndpoint,
    headers: {
      ...(contentType && { 'content-type': contentType }),
      ...config.customHeaders,
      'idempotency-key': workItemId,
    },
    ...(body !== undefined && cancelMethod !== 'GET' && { body }),
    application: execution.application,
    webhook: senderOf(stage.context),
    signal,
  });
  return { context: { cancellation: { statusCodeValue: response.status } } };
}
