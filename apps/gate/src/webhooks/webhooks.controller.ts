import { type RouteInput, receiveCdEvent, receiveWebhook } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import { Controller, Headers } from '@nestjs/common';
import { WebhookTriggers } from './webhook-triggers.js';

/** Events from outside. Whoever sends one learns only that it has been taken in. */
@Controller()
export class WebhooksController {
  constructor(private readonly triggers: WebhookTriggers) {}

  @Serves(receiveWebhook)
  async receive(
    @Input() { params, body }: RouteInput<typeof receiveWebhook>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const payload = body === undefined || body === null ? {} : body;
    if (!isObject(payload)) {
      throw new InvalidInputError('gate.webhook_body', 'The body of a webhook must be a JSON object');
    }
    const eventId = await this.triggers.fire({ type: params.type, source: params.source, payload }, caller);
    return { eventProcessed: true, eventId };
  }

  /** A CloudEvent in binary mode (headers) or structured mode (body). */
  @Serves(receiveCdEvent)
  async receiveCdEvent(
    @Input() { params, body }: RouteInput<typeof receiveCdEvent>,
    @Headers() headers: Record<string, string | undefined>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const structured = isObject(body) && typeof body.specversion === 'string' ? body : undefined;
    const cloudEvent = structured ?? {
      id: headers['ce-id'],
      source: headers['ce-source'],
      specversion: headers['ce-specversion'],
      type: headers['ce-type'],
    };
    const missing = ['id', 'source', 'specversion', 'type'].filter(
      (name) => typeof cloudEvent[name] !== 'string',
    );
    if (missing.length > 0) {
      throw new InvalidInputError(
        'gate.no_cloud_event',
        missing.map((name) => ({ path: name, message: 'is required: the request must be a CloudEvent' })),
      );
    }
    const payload = structured === undefined ? body : structured.data;
    const event = {
      type: 'cdevents',
      source: params.source,
      payload: isObject(payload) ? payload : {},
      cloudEvent,
    };
    return { eventProcessed: true, eventId: await this.triggers.fire(event, caller) };
  }
}
