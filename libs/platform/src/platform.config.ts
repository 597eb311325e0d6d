import { type Environment, readSettings } from '@gennaker/kernel';
import { redisConfigFrom, redisConfigSchema } from '@gennaker/messaging';
import { type SecretsConfig, secretsConfigFrom } from '@gennaker/secrets';
import { z } from 'zod';

export const platformConfigSchema = z.object({
  /** Name of the service, in logs, claims and connections. */
  service: z.string(),
  databaseUrl: z.string({
    error: 'must be set, such as postgres://user:password@host:5432/gennaker',
  }),
  databasePoolSize: z.coerce.number().int().min(2).max(200).default(10),
  /** Milliseconds that a start waits for the database before it gives up. */
  databaseWaitMs: z.coerce.number().int().min(0).default(300_000),
  /** Absent: the queue is BullMQ's Postgres backend, on the same database. */
  redis: redisConfigSchema.optional(),
  /** Milliseconds that a start waits for the queue before it goes on without it. */
  queueWaitMs: z.coerce.number().int().min(0).default(5_000),
  /** How references to secrets are looked up. */
  secrets: z.custom<SecretsConfig>().optional(),
  /** Keeps installations apart that share a Redis. */
  queuePrefix: z
    .string()
    .regex(/^[\w-]+$/, 'may hold letters, digits, "-" and "_"')
    .default('gennaker'),
});

export type PlatformConfig = z.input<typeof platformConfigSchema>;

/**
 * Reads the settings that all services have in common from environment variables.
 *
 * @throws InvalidInputError naming the variable and the fix
 */
export function platformConfigFrom(service: string, env: Environment): PlatformConfig {
  return readSettings(
    platformConfigSchema,
    env,
    {
      databaseUrl: 'DATABASE_URL',
      databasePoolSize: 'DATABASE_POOL_SIZE',
      databaseWaitMs: 'DATABASE_WAIT_MS',
      queuePrefix: 'QUEUE_PREFIX',
      queueWaitMs: 'QUEUE_WAIT_MS',
    },
    { service, redis: redisConfigFrom(env), secrets: secretsConfigFrom(env) },
  );
}
