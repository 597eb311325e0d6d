export * from './access.js';
export * from './access.guard.js';
export * from './principal.js';
export * from './service-authenticator.js';
