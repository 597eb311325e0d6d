import type { Controller } from './engine.js';
import { EVENT_TTL_MS, type CoreEvent } from './event-recorder.js';
import type { World } from './world.js';

const EVENTS = '/events';
const SWEEP_MS = 60_000;
const MAX_EVENTS = 10_000;

/** Drops events after an hour, and the oldest before that when there are very many. */
export class EventCleaner implements Controller {
  readonly name = 'event cleaner';

  constructor(private readonly world: World) {}

  keysFor(): string[] {
    return [];
  }

  initialKeys(): string[] {
    return ['all'];
  }

  reconcile(): number {
    const oldest = this.world.now() - EVENT_TTL_MS;
    const events = this.world.store
      .list<CoreEvent>(EVENTS)
      .map((event) => ({ event, at: Date.parse(event.lastTimestamp ?? event.metadata.creationTimestamp) }))
      .sort((a, b) => a.at - b.at);
    events.forEach(({ event, at }, index) => {
      if (at < oldest || events.length - index > MAX_EVENTS) this.world.store.remove(EVENTS, event);
    });
    return SWEEP_MS;
  }
}
