export {
  startPlayground,
  type Playground,
  type PlaygroundLog,
  type PlaygroundOptions,
} from './playground.js';
