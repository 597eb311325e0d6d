export * from './http/applications.routes.js';
export * from './http/error.js';
export * from './http/executions.routes.js';
export * from './http/fields.js';
export * from './http/pipelines.routes.js';
export * from './http/route.js';
export * from './http/shapes.js';
export * from './http/tasks.routes.js';
