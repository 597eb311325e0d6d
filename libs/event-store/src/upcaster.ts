import type { RecordedEvent } from './event.js';

/** Gives an event of an old shape its new shape when it is read. Pure; the stored event never changes. */
export type Upcaster = (event: RecordedEvent) => RecordedEvent;

/** Upcasters by the event type they take, each moving an event one shape on; they are applied until none fits. */
export type Upcasters = ReadonlyMap<string, Upcaster>;

const MOST_STEPS = 100;

export function upcast(event: RecordedEvent, upcasters: Upcasters): RecordedEvent {
  let current = event;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const next = upcasters.get(current.type);
    if (next === undefined) return current;
    const result = next(current);
    // An upcaster that only adds what is missing keeps the type, and is done after one go.
    if (result.type === current.type) return result;
    current = result;
  }
  throw new Error(`upcasters of ${event.type} run in a circle`);
}
