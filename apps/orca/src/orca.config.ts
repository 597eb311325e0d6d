import { type Environment, readSettings } from '@gennaker/kernel';
import { httpPolicyFrom, httpPolicySchema } from '@gennaker/outbound';
import {
  preconfiguredJobSchema,
  preconfiguredJobsIn,
  preconfiguredWebhookSchema,
  preconfiguredWebhooksIn,
  taskOverridesFrom,
  taskOverridesSchema,
} from '@gennaker/stages';
import { z } from 'zod';

export const orcaConfigSchema = z.object({
  /** Work items at a time. */
  concurrency: z.coerce.number().int().min(1).max(1_000).default(50),
  /** Milliseconds that a worker's claim lasts without being renewed. */
  leaseMs: z.coerce.number().int().min(100).default(15_000),
  /** Milliseconds between two looks of the relay for due work that no queue has told of. */
  relayIntervalMs: z.coerce.number().int().min(10).default(1_000),
  /** Milliseconds between two looks for executions that nothing carries on. */
  strandedIntervalMs: z.coerce.number().int().min(10).default(60_000),
  /** Milliseconds that a stop waits for work under way before it is given back. */
  shutdownGraceMs: z.coerce.number().int().min(0).default(10_000),
  /** What a failing expression means in a pipeline that does not say: `lenient` is Spinnaker's way. */
  expressions: z.enum(['strict', 'lenient']).default('strict'),
  /** IANA name of the zone of execution windows that name none. */
  windowTimezone: z.string().optional(),
  /** Which requests webhooks and expressions may send. */
  http: httpPolicySchema.prefault({}),
  /** Tasks that are skipped, and task lists of stage types. */
  taskOverrides: taskOverridesSchema.prefault({}),
  preconfiguredWebhooks: z.array(preconfiguredWebhookSchema).default([]),
  preconfiguredJobs: z.array(preconfiguredJobSchema).default([]),
});

export type OrcaConfig = z.infer<typeof orcaConfigSchema>;

/** @throws InvalidInputError naming the variable and the fix */
export function orcaConfigFrom(env: Environment): OrcaConfig {
  return readSettings(
    orcaConfigSchema,
    env,
    {
      concurrency: 'ORCA_CONCURRENCY',
      leaseMs: 'ORCA_LEASE_MS',
      relayIntervalMs: 'RELAY_INTERVAL_MS',
      strandedIntervalMs: 'STRANDED_INTERVAL_MS',
      shutdownGraceMs: 'SHUTDOWN_GRACE_MS',
      expressions: 'EXPRESSIONS',
      windowTimezone: 'EXECUTION_WINDOW_TIMEZONE',
    },
    {
      http: httpPolicyFrom(env['HTTP_POLICY']),
      taskOverrides: taskOverridesFrom(env['TASK_OVERRIDES']),
      preconfiguredWebhooks: preconfiguredWebhooksIn(env['PRECONFIGURED_WEBHOOKS']),
      preconfiguredJobs: preconfiguredJobsIn(env['PRECONFIGURED_JOBS']),
    },
  );
}
