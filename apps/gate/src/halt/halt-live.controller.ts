import { followHalts } from '@gennaker/contracts';
import { EventStore } from '@gennaker/event-store';
import { HALT_PREFIX } from '@gennaker/halt';
import { Serves, sortedJson } from '@gennaker/http';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApplicationEvents } from '../live/application-events.js';
import { HALTS_TOPIC, LiveStreams } from '../live/live-streams.js';

/** Tells viewers of every beginning and end of a halt. */
@Controller()
export class HaltLiveController {
  constructor(
    private readonly events: EventStore,
    private readonly positions: ApplicationEvents,
    private readonly streams: LiveStreams,
  ) {}

  @Serves(followHalts)
  async follow(
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const from = this.positions.positionOf(lastEventId) ?? (await this.positions.now());
    this.streams.open(reply, {
      topic: HALTS_TOPIC,
      cursor: from,
      first: [{ cursor: from, event: 'open', data: sortedJson({ halts: true }) }],
      read: async (after, limit) => {
        const [xid = '0', seq = '0'] = after.split('-');
        const events = await this.events.readAll({ after: { xid, seq }, limit, streamPrefix: HALT_PREFIX });
        return events.map(({ type, data, meta, position }) => ({
          cursor: `${position.xid}-${position.seq}`,
          event: 'halt',
          data: sortedJson({ type, data, meta }),
        }));
      },
    });
  }
}
