export * from './kubernetes-moniker.js';
export * from './moniker.js';
