export * from './operation.js';
export * from './operation-event.js';
export { operationMigrations } from './operation-migrations.js';
export * from './operation-store.js';
export * from './operation-view.js';
