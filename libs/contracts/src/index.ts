export * from './http/error.js';
export * from './http/fields.js';
export * from './http/route.js';
