import { randomUUID } from 'node:crypto';
import { Catalog, toConfig } from '@gennaker/catalog';
import type { Caller } from '@gennaker/http';
import { type JsonObject, isObject } from '@gennaker/kernel';
import { logger } from '@gennaker/observability';
import { Injectable } from '@nestjs/common';
import { RE2JS } from 're2js';
import { ExecutionStarter } from '../executions/execution-starter.js';

export interface WebhookEvent {
  type: string;
  source: string;
  payload: JsonObject;
  cloudEvent?: JsonObject;
}

/** Pipelines that one event may start. */
const MAX_FIRED = 200;
const log = logger('gate.webhooks');

/** Starts the pipelines whose triggers wait for an event. */
@Injectable()
export class WebhookTriggers {
  constructor(
    private readonly catalog: Catalog,
    private readonly starter: ExecutionStarter,
  ) {}

  /** Gives the id of the event. One pipeline that cannot be started does not keep the others from it. */
  async fire(event: WebhookEvent, caller: Caller): Promise<string> {
    const eventId = randomUUID();
    const waiting = await this.catalog.store.listContaining('pipeline', {
      triggers: [{ type: event.type, source: event.source, enabled: true }],
    });
    let fired = 0;
    for (const item of waiting) {
      const config = toConfig(item);
      const trigger = triggersOf(config).find((candidate) => fits(candidate, event));
      if (trigger === undefined || config.disabled === true || fired >= MAX_FIRED) continue;
      fired += 1;
      try {
        await this.starter.start({ ...config, trigger: triggerFor(trigger, event, eventId) }, caller);
      } catch (error) {
        log.warn('a webhook could not start a pipeline', {
          pipeline: item.id,
          application: item.application,
          eventId,
          error,
        });
      }
    }
    log.info('webhook received', { type: event.type, source: event.source, eventId, pipelines: fired });
    return eventId;
  }
}

function triggersOf({ triggers }: JsonObject): JsonObject[] {
  return Array.isArray(triggers) ? triggers.filter(isObject) : [];
}

function fits(trigger: JsonObject, { type, source, payload }: WebhookEvent): boolean {
  if (trigger.enabled !== true || trigger.type !== type || trigger.source !== source) return false;
  const constraints = isObject(trigger.payloadConstraints) ? trigger.payloadConstraints : {};
  return Object.entries(constraints).every(([key, pattern]) => matches(String(pattern), payload[key]));
}

/** The pattern has to match the whole value. */
function matches(pattern: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'object') return false;
  try {
    return RE2JS.compile(pattern).matches(String(value));
  } catch {
    return pattern === String(value);
  }
}

function triggerFor(trigger: JsonObject, { payload, cloudEvent }: WebhookEvent, eventId: string): JsonObject {
  const { id: _id, enabled: _enabled, ...kept } = trigger;
  return {
    ...kept,
    payload,
    ...(cloudEvent === undefined ? {} : { cloudEvent }),
    parameters: isObject(payload.parameters) ? payload.parameters : {},
    artifacts: Array.isArray(payload.artifacts) ? payload.artifacts : [],
    eventId,
  };
}
