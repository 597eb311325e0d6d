import { z } from 'zod';
import { numeric } from '../fields.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';

const ONE_HOUR_SECONDS = 3_600;

const lockName = z
  .string({ error: 'is missing: which lock?' })
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters');

const lockSchema = z.looseObject({
  lockName,
  /** Seconds to wait for the lock. */
  timeoutSeconds: numeric
    .refine((seconds) => seconds >= 0, 'must not be negative')
    .nullish()
    .transform((seconds) => seconds ?? ONE_HOUR_SECONDS),
});

type LockConfig = z.infer<typeof lockSchema>;

export const lockStage = defineStage<LockConfig>({
  type: 'lock',
  label: 'Acquire lock',
  description:
    'Waits, first come first served, until this execution holds a named lock. It is given back by "Release lock" or at the end of the execution.',
  schema: lockSchema,
  tasks: [{ name: 'acquireLock', run: acquire }],
  cleanUp: async ({ config, execution, stage, ports }) => {
    await ports.locks.release({ name: config.lockName, executionId: execution.id, stageId: stage.id });
    return {};
  },
});

export const releaseLockStage = defineStage({
  type: 'releaseLock',
  label: 'Release lock',
  description: 'Gives a named lock back before the execution ends.',
  schema: z.looseObject({ lockName }),
  tasks: [
    {
      name: 'releaseLock',
      run: async ({ config, execution, ports }) => {
        await ports.locks.release({ name: config.lockName, executionId: execution.id });
        return { status: 'SUCCEEDED' };
      },
    },
  ],
});

/** Sleeps until the one in front has ended or has given the lock back, or until the time is up. */
async function acquire(input: TaskInput<LockConfig>): Promise<TaskResult> {
  const { config, execution, stage, ports, workItemId, startedAt, now } = input;
  const { lockName: name, timeoutSeconds } = config;
  const of = { name, executionId: execution.id, stageId: stage.id };
  const place = await ports.locks.acquire({ ...of, attempt: stage.attempt, workItemId });
  if (place.acquired) return { status: 'SUCCEEDED', context: { lock: { name, heldSince: place.since } } };
  const until = startedAt + timeoutSeconds * 1_000;
  if (now < until) {
    const waiting = { name, heldBy: place.heldBy, position: place.position };
    const isNews = JSON.stringify(stage.context['lock']) !== JSON.stringify(waiting);
    return { status: 'RUNNING', wakeAt: until, ...(isNews && { context: { lock: waiting } }) };
  }
  await ports.locks.release(of);
  const message = `The lock "${name}" was not free within ${timeoutSeconds} seconds: execution ${place.heldBy} holds it`;
  return {
    status: 'TERMINAL',
    exception: exceptionOf([message], { operation: 'acquireLock', now, type: 'LockTimeout' }),
  };
}
