import { redisConfigFrom, redisConfigSchema } from '@gennaker/messaging';
import { z } from 'zod';

export const platformConfigSchema = z.object({
  /** Name of the service, in logs, claims and connections. */
  service: z.string(),
  databaseUrl: z.string({
    error: 'DATABASE_URL must be set, such as postgres://user:password@host:5432/gennaker',
  }),
  databasePoolSize: z.coerce.number().int().min(2).max(200).default(10),
  /** Absent: the queue is BullMQ's Postgres backend, on the same database. */
  redis: redisConfigSchema.optional(),
  /** Milliseconds that a start waits for the queue before it goes on without it. */
  queueWaitMs: z.coerce.number().int().min(0).default(5_000),
  /** Keeps installations apart that share a Redis. */
  queuePrefix: z
    .string()
    .regex(/^[\w-]+$/, 'QUEUE_PREFIX may hold letters, digits, "-" and "_"')
    .default('gennaker'),
});

export type PlatformConfig = z.input<typeof platformConfigSchema>;

/** Reads the settings that all services have in common from environment variables. */
export function platformConfigFrom(service: string, env: Record<string, string | undefined>): PlatformConfig {
  return platformConfigSchema.parse({
    service,
    databaseUrl: env['DATABASE_URL'],
    databasePoolSize: env['DATABASE_POOL_SIZE'],
    redis: redisConfigFrom(env),
    queuePrefix: env['QUEUE_PREFIX'],
    queueWaitMs: env['QUEUE_WAIT_MS'],
  });
}
