export * from './assert-never.js';
export * from './clock.js';
export * from './collections.js';
export * from './errors.js';
export * from './ids.js';
export * from './json.js';
export * from './settings.js';
export * from './time-limit.js';
