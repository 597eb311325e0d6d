export * from './canary-config.schema.js';
export * from './json-number.js';
export * from './judge-result.js';
export * from './metric-query.schema.js';
export * from './metric-set.schema.js';
export * from './execution-request.schema.js';
export * from './template.js';
