import { z } from 'zod';

export const orcaConfigSchema = z.object({
  /** Work items at a time. */
  concurrency: z.coerce.number().int().min(1).max(1_000).default(50),
  /** Milliseconds that a worker's claim lasts without being renewed. */
  leaseMs: z.coerce.number().int().min(100).default(15_000),
  /** Milliseconds between two looks of the relay for due work that no queue has told of. */
  relayIntervalMs: z.coerce.number().int().min(10).default(1_000),
  /** Milliseconds that a stop waits for work under way before it is given back. */
  shutdownGraceMs: z.coerce.number().int().min(0).default(10_000),
});

export type OrcaConfig = z.infer<typeof orcaConfigSchema>;

export function orcaConfigFrom(env: Record<string, string | undefined>): OrcaConfig {
  return orcaConfigSchema.parse({
    concurrency: env['ORCA_CONCURRENCY'],
    leaseMs: env['ORCA_LEASE_MS'],
    relayIntervalMs: env['RELAY_INTERVAL_MS'],
    shutdownGraceMs: env['SHUTDOWN_GRACE_MS'],
  });
}
