import type { LiveBus, StreamAdvanced } from '@gennaker/messaging';
import { logger } from '@gennaker/observability';

/** One message to a viewer. `cursor` is its id: a viewer that comes back with it goes on after it. */
export interface LiveMessage {
  cursor: string;
  event: string;
  data: string;
}

/** Reads what follows a cursor, oldest first, at most `limit` messages. */
export type LiveReader = (after: string, limit: number) => Promise<LiveMessage[]>;

export interface LiveViewer {
  /** Sends; false means that the client does not keep up and nothing more should be sent until `resume`. */
  send(message: LiveMessage): boolean;
}

const BATCH = 200;
const log = logger('gate.live');

/** What has been sent to one viewer. */
class Follower {
  blocked = false;

  constructor(
    readonly viewer: LiveViewer,
    public cursor: string,
  ) {}
}

/**
 * Feeds viewers by topic: an execution, an application. Memory is bounded by the number of viewers: nobody's messages
 * are queued here. A viewer that does not keep up is passed over, and reads from its cursor when it does again; viewers
 * that are up to date share one read.
 */
export class LiveFeeds {
  private readonly topics = new Map<string, Topic>();
  private readonly end: () => void;
  private readonly timer: NodeJS.Timeout;

  /** @param topicsOf which topics an advance of a stream concerns */
  constructor(bus: LiveBus, topicsOf: (advanced: StreamAdvanced) => string[], pollMs = 5_000) {
    this.end = bus.subscribe((advanced) => {
      for (const name of topicsOf(advanced)) this.topics.get(name)?.poke();
    });
    // Hints may be lost: a look now and then makes up for it.
    this.timer = setInterval(() => {
      for (const topic of this.topics.values()) topic.poke();
    }, pollMs).unref();
  }

  get viewers(): number {
    let count = 0;
    for (const topic of this.topics.values()) count += topic.followers.size;
    return count;
  }

  /** Follows a topic from a cursor. Gives a handle to resume after a pause and to leave. */
  follow(
    name: string,
    cursor: string,
    viewer: LiveViewer,
    read: LiveReader,
  ): { resume(): void; leave(): void } {
    const topic = this.topics.get(name) ?? new Topic(read);
    this.topics.set(name, topic);
    const follower = new Follower(viewer, cursor);
    topic.followers.add(follower);
    topic.poke();
    return {
      resume: () => {
        follower.blocked = false;
        topic.poke();
      },
      leave: () => {
        topic.followers.delete(follower);
        if (topic.followers.size === 0 && this.topics.get(name) === topic) this.topics.delete(name);
      },
    };
  }

  close(): void {
    clearInterval(this.timer);
    this.end();
    this.topics.clear();
  }
}

class Topic {
  readonly followers = new Set<Follower>();
  private running = false;
  private again = false;

  constructor(private readonly read: LiveReader) {}

  poke(): void {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    try {
      do {
        this.again = false;
        await this.distribute();
      } while (this.again && this.followers.size > 0);
    } catch (error) {
      log.warn('could not read what is new', { error });
    } finally {
      this.running = false;
    }
  }

  /** One read for each place at which followers stand; most of them stand at the same one. */
  private async distribute(): Promise<void> {
    for (const [cursor, group] of this.groups()) {
      const messages = await this.read(cursor, BATCH);
      for (const follower of group) {
        for (const message of messages) {
          if (follower.blocked || !this.followers.has(follower)) break;
          follower.cursor = message.cursor;
          if (!follower.viewer.send(message)) follower.blocked = true;
        }
      }
      if (messages.length === BATCH) this.again = true;
    }
  }

  private groups(): Map<string, Follower[]> {
    const groups = new Map<string, Follower[]>();
    for (const follower of this.followers) {
      if (follower.blocked) continue;
      const group = groups.get(follower.cursor) ?? [];
      group.push(follower);
      groups.set(follower.cursor, group);
    }
    return groups;
  }
}
