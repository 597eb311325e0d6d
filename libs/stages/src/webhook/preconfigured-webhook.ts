import { actingAs } from '@gennaker/execution';
import { AccessDeniedError, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { preconfiguredIn, preconfiguredParameterSchema, preconfiguredShape } from '../preconfigured.js';
import { defineStage, type StageDefinition, type TaskInput } from '../stage-definition.js';
import { webhookParts } from './webhook.stage.js';
import { type WebhookConfig, webhookSchema } from './webhook.schema.js';

/** A webhook that the operators have set up: a stage type of its own, whose fields users cannot change. */
export const preconfiguredWebhookSchema = z.looseObject({
  ...preconfiguredShape,
  url: z.string().min(1),
  method: z.string().default('POST'),
  payload: z.unknown().optional(),
  customHeaders: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  parameters: z.array(preconfiguredParameterSchema).default([]),
  permissions: z
    .object({ READ: z.array(z.string()).default([]), WRITE: z.array(z.string()).default([]) })
    .partial()
    .optional(),
});

export type PreconfiguredWebhook = z.infer<typeof preconfiguredWebhookSchema>;

/** What says what the stage is, not what it sends. */
const ABOUT = new Set([
  'type',
  'label',
  'description',
  'enabled',
  'parameters',
  'permissions',
  'customHeaders',
]);
const PLACEHOLDER = /\$\{\s*parameterValues\s*(?:\[\s*'([^']+)'\s*\]|\.(\w+))\s*\}/g;

/**
 * The stage type of a preconfigured webhook. Its configuration is laid over the stage's own when a task runs, so that
 * headers with secrets never enter an execution; `${parameterValues['name']}` in it is the stage's parameter.
 */
export function preconfiguredWebhookStage(webhook: PreconfiguredWebhook): StageDefinition {
  const fixed = Object.fromEntries(
    Object.entries(webhook).filter(([key, value]) => !ABOUT.has(key) && value !== undefined),
  );
  const schema = z.looseObject({}).transform((context, checking): WebhookConfig => {
    const values = parameterValues(webhook, context);
    const filled = {
      ...context,
      ...(fill(fixed, values) as JsonObject),
      customHeaders: webhook.customHeaders,
    };
    const parsed = webhookSchema.safeParse(filled);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues)
      checking.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  });
  return defineStage<WebhookConfig>({
    ...webhookParts,
    tasks: webhookParts.tasks.map((task) => ({
      ...task,
      run: (input) => {
        refuseOthers(webhook, input);
        return task.run(input);
      },
    })),
    type: webhook.type,
    label: webhook.label,
    description: webhook.description,
    schema,
  });
}

/** Whether somebody may see a webhook in lists (READ) or run it (WRITE). Without roles there is nobody to keep out. */
export function mayUseWebhook(
  { permissions }: PreconfiguredWebhook,
  action: 'READ' | 'WRITE',
  roles: readonly string[] | undefined,
): boolean {
  const needed = permissions?.[action] ?? [];
  if (needed.length === 0 || roles === undefined) return true;
  const held = new Set(roles.map((role) => role.toLowerCase()));
  return needed.some((role) => held.has(role.toLowerCase()));
}

function refuseOthers(webhook: PreconfiguredWebhook, { execution, stage }: TaskInput<WebhookConfig>): void {
  const { user, roles } = actingAs(execution, stage.id);
  if (mayUseWebhook(webhook, 'WRITE', roles)) return;
  const needed = (webhook.permissions?.WRITE ?? []).join(', ');
  throw new AccessDeniedError(
    'stages.webhook_denied',
    `${user} may not use the webhook ${webhook.label}: one of the roles ${needed} is needed`,
  );
}

/** Of a webhook's fields, those that an editor can no longer change. */
const CONFIGURABLE = Object.keys(webhookSchema.shape);

/** A webhook as editors of pipelines are told of it: nothing of what it sends. */
export function webhookMetadata(webhook: PreconfiguredWebhook): JsonObject {
  const { customHeaders } = webhook;
  const preconfiguredProperties = CONFIGURABLE.filter((name) =>
    name === 'customHeaders' ? Object.keys(customHeaders).length > 0 : webhook[name] !== undefined,
  );
  return {
    type: webhook.type,
    label: webhook.label,
    description: webhook.description,
    waitForCompletion: webhook['waitForCompletion'] ?? null,
    preconfiguredProperties,
    noUserConfigurableFields: preconfiguredProperties.length === CONFIGURABLE.length,
    parameters: webhook.parameters,
  };
}

function parameterValues(webhook: PreconfiguredWebhook, context: JsonObject): JsonObject {
  const defaults = Object.fromEntries(
    webhook.parameters.map(({ name, defaultValue }) => [name, defaultValue ?? '']),
  );
  const { parameterValues: given } = context;
  return { ...defaults, ...(typeof given === 'object' && given !== null ? given : {}) };
}

function fill(value: unknown, parameters: JsonObject): unknown {
  if (typeof value === 'string') {
    return value.replace(PLACEHOLDER, (text, quoted?: string, plain?: string) => {
      const hit = parameters[quoted ?? plain ?? ''];
      return hit === undefined ? text : typeof hit === 'string' ? hit : JSON.stringify(hit);
    });
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, parameters));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, parameters)]));
}

/** Reads the operators' list. @throws InvalidInputError naming what is wrong in it */
export function preconfiguredWebhooksIn(text: string | undefined): PreconfiguredWebhook[] {
  return preconfiguredIn('PRECONFIGURED_WEBHOOKS', text, preconfiguredWebhookSchema);
}
