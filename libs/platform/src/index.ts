export { createPlatform, type Platform } from './platform.js';
export { type PlatformConfig, platformConfigFrom, platformConfigSchema } from './platform.config.js';
