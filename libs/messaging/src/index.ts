export { BullMqHintQueue } from './bullmq-hint-queue.js';
export { type Hint, type HintConsumer, HintQueue } from './hint-queue.js';
export { LiveBus, MemoryLiveBus, RedisLiveBus, type StreamAdvanced } from './live-bus.js';
export { MemoryHintQueue } from './memory-hint-queue.js';
export { QUEUES, type QueueName } from './queues.js';
export { connectRedis, type RedisConfig, redisConfigFrom, redisConfigSchema } from './redis-connection.js';
export { ShortcutHintQueue } from './shortcut-hint-queue.js';
