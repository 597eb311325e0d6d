export * from './http-policy.js';
export * from './http-port.js';
export { withoutSecrets } from './secret-headers.js';
