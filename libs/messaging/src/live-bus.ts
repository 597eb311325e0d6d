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

/** Redis pub/sub: one channel, one connection to publish and one to listen. Listeners in this process hear at once. */
export class RedisLiveBus extends LiveBus {
  private readonly local = new MemoryLiveBus();
  private readonly publisher;
  private readonly subscriber;
  private readonly origin = Math.random().toString(36).slice(2);

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
    const text = JSON.stringify([this.origin, advanced]);
    void this.publisher.publish(this.channel, text).catch(() => undefined);
  }

  subscribe(listener: Listener): () => void {
    return this.local.subscribe(listener);
  }

  async close(): Promise<void> {
    this.publisher.disconnect();
    this.subscriber.disconnect();
    await this.local.close();
  }

  private receive(text: string): void {
    const [origin, advanced] = JSON.parse(text) as [string, StreamAdvanced];
    if (origin !== this.origin) this.local.publish(advanced);
  }
}
