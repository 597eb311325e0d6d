import { HALT_PREFIX } from '@gennaker/halt';
import { UnavailableError } from '@gennaker/kernel';
import type { LiveBus } from '@gennaker/messaging';
import { gauge } from '@gennaker/observability';
import type { OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { EventStream } from './event-stream.js';
import { LiveFeeds, type LiveMessage, type LiveReader } from './live-feeds.js';

/** What happens to any halt. */
export const HALTS_TOPIC = 'halts';

export interface LiveRequest {
  topic: string;
  cursor: string;
  /** Sent before anything else. */
  first: LiveMessage[];
  read: LiveReader;
}

/** The open streams of this process. Ends them when the process stops, so that clients reconnect elsewhere. */
export class LiveStreams implements OnModuleDestroy {
  private readonly streams = new Set<EventStream>();
  private readonly feeds: LiveFeeds;

  constructor(
    bus: LiveBus,
    private readonly maxStreams: number,
  ) {
    this.feeds = new LiveFeeds(bus, ({ stream, application }) => [
      stream,
      ...(application === undefined ? [] : [`application-${application.toLowerCase()}`]),
      ...(stream.startsWith(HALT_PREFIX) ? [HALTS_TOPIC] : []),
    ]);
    gauge({
      name: 'gennaker_gate_live_streams',
      help: 'Open server-sent event streams',
      collect: (metric) => metric.set(this.streams.size),
    });
  }

  /** @throws UnavailableError when there are as many streams as this process may hold */
  open(reply: FastifyReply, { topic, cursor, first, read }: LiveRequest): void {
    if (this.streams.size >= this.maxStreams) {
      throw new UnavailableError(
        'gate.too_many_streams',
        'Too many live streams are open here. Try again in a moment',
      );
    }
    const stream = new EventStream(reply);
    this.streams.add(stream);
    for (const message of first) stream.send(message);
    const following = this.feeds.follow(topic, cursor, stream, read);
    stream.onResume(() => following.resume());
    stream.onClose(() => {
      following.leave();
      this.streams.delete(stream);
    });
  }

  onModuleDestroy(): void {
    this.feeds.close();
    for (const stream of this.streams) stream.end();
  }
}
