export { BlobStore } from './blobs.js';
export { VersionConflictError } from './errors.js';
export { eventStoreMigrations } from './es-migrations.js';
export * from './event.js';
export {
  type AppendResult,
  EventStore,
  type Queryable,
  type ReadAllOptions,
  type ReadOptions,
} from './event-store.js';
export { HALT_SCOPES, type HaltScope, STOP_CLAIMS } from './halted.js';
export { type Snapshot, SnapshotStore } from './snapshots.js';
export { Subscription, type SubscriptionOptions } from './subscription.js';
export { type Upcaster, type Upcasters } from './upcaster.js';
export { type WorkItemHint } from './work-item-hint.js';
export { type DueItem, type WorkItem, WorkItems } from './work-items.js';
