export * from './artifact.js';
export * from './docker-image.js';
export * from './expected-artifact.js';
export * from './replace.js';
export * from './replacers.js';
