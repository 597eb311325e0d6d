import { Access } from '@gennaker/access';
import { type RouteInput, followApplication, followExecution } from '@gennaker/contracts';
import { toExecutionView, withoutSecretsIn } from '@gennaker/execution';
import { ExecutionStore } from '@gennaker/execution-store';
import { CalledBy, type Caller, Input, Serves, sortedJson } from '@gennaker/http';
import { AccessDeniedError } from '@gennaker/kernel';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ExecutionReader } from '../executions/execution-reader.js';
import { ApplicationEvents } from './application-events.js';
import { LiveStreams } from './live-streams.js';

/** Server-sent events: what viewers see without asking again and again. */
@Controller()
export class LiveController {
  constructor(
    private readonly streams: LiveStreams,
    private readonly reader: ExecutionReader,
    private readonly executions: ExecutionStore,
    private readonly applicationEvents: ApplicationEvents,
    private readonly access: Access,
  ) {}

  /** First the state, then every event. A client that says what it has seen last gets only what follows. */
  @Serves(followExecution)
  async execution(
    @Input() { params }: RouteInput<typeof followExecution>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const state = await this.reader.get(params.id);
    const application = { type: 'application', name: state.application } as const;
    if (!(await this.access.may(caller.principal, 'READ', application))) {
      throw new AccessDeniedError('access.denied', 'Access is denied');
    }
    const seen = /^\d{1,10}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined;
    const goOn = seen !== undefined && seen > 0 && seen <= state.version;
    this.streams.open(reply, {
      topic: `execution-${state.id}`,
      cursor: String(goOn ? seen : state.version),
      first: goOn
        ? []
        : [{ cursor: String(state.version), event: 'state', data: sortedJson(toExecutionView(state)) }],
      read: async (after, limit) => {
        const events = await this.executions.events(state.id, { after: Number(after), limit });
        return events.map(({ version, type, data, meta, recordedAt }) => ({
          cursor: String(version),
          event: 'event',
          data: sortedJson({ version, type, data: withoutSecretsIn(data), meta, recordedAt }),
        }));
      },
    });
  }

  @Serves(followApplication)
  async application(
    @Input() { params }: RouteInput<typeof followApplication>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { application } = params;
    const from = this.applicationEvents.positionOf(lastEventId) ?? (await this.applicationEvents.now());
    this.streams.open(reply, {
      topic: `application-${application.toLowerCase()}`,
      cursor: from,
      first: [{ cursor: from, event: 'open', data: sortedJson({ application }) }],
      read: (after, limit) => this.applicationEvents.read(application, after, limit),
    });
  }
}
