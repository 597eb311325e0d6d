import { Access } from '@gennaker/access';
import { followOperation, getOperation, type RouteInput } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, sortedJson } from '@gennaker/http';
import { AccessDeniedError } from '@gennaker/kernel';
import { type Operation, OperationStore, operationStream, taskView } from '@gennaker/operation';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LiveStreams } from '../live/live-streams.js';

const OWNER = 'gate';

/** Cloud operations as they go: what stages ask the cloud driver for. */
@Controller()
export class OperationsController {
  constructor(
    private readonly operations: OperationStore,
    private readonly streams: LiveStreams,
    private readonly access: Access,
  ) {}

  @Serves(getOperation)
  async get(@Input() { params }: RouteInput<typeof getOperation>, @CalledBy() caller: Caller) {
    return taskView(await this.readable(params.id, caller), OWNER);
  }

  /** What was asked for is not among the events: it may hold Secrets. */
  @Serves(followOperation)
  async follow(
    @Input() { params }: RouteInput<typeof followOperation>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const operation = await this.readable(params.id, caller);
    const { version } = operation;
    const seen = /^\d{1,10}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
    const goOn = seen > 0 && seen <= version;
    const state = { cursor: String(version), event: 'state', data: sortedJson(taskView(operation, OWNER)) };
    this.streams.open(reply, {
      topic: operationStream(params.id),
      cursor: String(goOn ? seen : version),
      first: goOn ? [] : [state],
      read: async (after, limit) => {
        const events = await this.operations.events(params.id, { after: Number(after), limit });
        return events.map(({ version: at, type, data, recordedAt }) => ({
          cursor: String(at),
          event: 'event',
          data: sortedJson({ version: at, type, data, recordedAt }),
        }));
      },
    });
  }

  private async readable(id: string, { principal }: Caller): Promise<Operation> {
    const operation = await this.operations.get(id);
    const { application } = operation.request;
    const resource = {
      type: 'application',
      ...(application !== undefined && { name: application }),
    } as const;
    if (await this.access.may(principal, 'READ', resource)) return operation;
    throw new AccessDeniedError('access.denied', 'Access is denied');
  }
}
