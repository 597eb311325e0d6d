import { EventEmitter } from 'node:events';
import { connectRedis, type RedisConfig } from './redis-connection.js';

/** Says that a stream has grown. Viewers then read what they miss; nothing else is carried. */
export interface StreamAdvanced {
  stream: string;
  version: number;
  /** Whose it is, for those who follow an application rather than a stream. */
  application?: string;
}

type Listener = (advanced: StreamAdvanced) => void;

/**
 * Tells viewers in any process that there is something new. Best effort: a viewer also looks by itself now and then.
 */
export abstract class LiveBus {
  abstract publish(advanced: StreamAdvanced): void;
  /** Returns the function that ends it. */
  abstract subscribe(listener: Listener): () => void;
  abstract close(): Promise<void>;
}

export class MemoryLiveBus extends LiveBus {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  publish(advanced: StreamAdvanced): void {
    this.emitter.emit('advanced', advanced);
  }

  subscribe(listener: Listener): () => void {
    this.emitter.on('advanced', listener);
    return () => this.emitter.off('advanced', listener);
  }

  async close(): Promise<void> {
    this.emitter.removeAllListeners();
  }
}

/** While there is much to tell, other processes hear of it at most so often, in milliseconds. */
const BETWEEN_MESSAGES_MS = 5;

/**
 * Redis pub/sub: one channel, one connection to publish and one to listen. Listeners in this process hear at once; other
 * processes hear of the first at once, and of what follows within milliseconds together, each stream's latest only.
 */
export class RedisLiveBus extends LiveBus {
  private readonly local = new MemoryLiveBus();
  private readonly publisher;
  private readonly subscriber;
  private readonly own = `["${Math.random().toString(36).slice(2)}",`;
  private readonly untold = new Map<string, StreamAdvanced>();
  private resting: NodeJS.Timeout | undefined;

  constructor(
    config: RedisConfig,
    private readonly channel = 'gennaker:live',
  ) {
    super();
    this.publisher = connectRedis(config);
    this.subscriber = connectRedis(config);
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
    void this.subscriber.subscribe(this.channel).catch(() => undefined);
  }

  publish(advanced: StreamAdvanced): void {
    this.local.publish(advanced);
    // While Redis is away nothing is queued up: what is old news by then is read from the stream.
    if (this.publisher.status !== 'ready') return;
    this.untold.set(advanced.stream, advanced);
    if (this.resting === undefined) this.tell();
  }

  subscribe(listener: Listener): () => void {
    return this.local.subscribe(listener);
  }

  async close(): Promise<void> {
    clearTimeout(this.resting);
    this.publisher.disconnect();
    this.subscriber.disconnect();
    await this.local.close();
  }

  private tell(): void {
    this.resting = undefined;
    if (this.untold.size === 0) return;
    const text = `${this.own}${JSON.stringify([...this.untold.values()])}]`;
    this.untold.clear();
    void this.publisher.publish(this.channel, text).catch(() => undefined);
    this.resting = setTimeout(() => this.tell(), BETWEEN_MESSAGES_MS);
  }

  private receive(text: string): void {
    if (text.startsWith(this.own)) return;
    const [, told] = JSON.parse(text) as [string, StreamAdvanced[]];
    for (const advanced of told) this.local.publish(advanced);
  }
}
