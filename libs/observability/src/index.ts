export * from './log-context.js';
export * from './logger.js';
export * from './metrics.js';
export * from './nest-logger.js';
export * from './redact.js';
