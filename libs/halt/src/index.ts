export { HALT_PREFIX, type HaltedWork, type HaltEvent, type HaltTarget, haltStream } from './halt-event.js';
export { haltMigrations } from './halt-migrations.js';
export { type Halt, HALT_WORK, type HaltBy, Halts, type NewHalt } from './halts.js';
export { type InFlight, InFlightWork, type StopVerdict, type WorkInFlight } from './in-flight.js';
