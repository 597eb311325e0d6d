export * from './clouddriver-migrations.js';
export * from './describe-resource.js';
export * from './resource-row.js';
export * from './resource-store.js';
export * from './summarise-resource.js';
