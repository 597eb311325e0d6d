export * from './http-policy.js';
export * from './http-port.js';
