export * from './database-ready.js';
export * from './database.js';
export * from './migrate.js';
