export * from './gate-client.js';
export * from './live.js';
export * from './pages.js';
export type { operations, paths } from './generated/gate.js';
