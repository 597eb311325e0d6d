export { EmbeddedServerError, type EmbeddedServerErrorCode } from './embedded-server.error.js';
export type { EmbeddedServer } from './embedded-server.js';
export { chooseFreePort, requireFreePort } from './free-port.js';
export { startEmbeddedPostgres, type EmbeddedPostgresOptions } from './postgres/embedded-postgres.js';
export type { PostgresMode } from './postgres/postgres-settings.js';
export { startEmbeddedRedis, type EmbeddedRedis, type EmbeddedRedisOptions } from './redis/embedded-redis.js';
export { findRedisBinary, type RedisBinary, type RedisSearch } from './redis/redis-binary.js';
export type { ServerExit } from './server-process.js';
