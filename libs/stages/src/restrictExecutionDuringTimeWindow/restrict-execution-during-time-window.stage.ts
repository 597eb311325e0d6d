import { z } from 'zod';
import { seeded } from '../expressions/seeded.js';
import { booleanLike, listOf, numeric } from '../fields.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';
import { isZone, nextOpening } from './time-window.js';

export const WINDOW_STAGE_TYPE = 'restrictExecutionDuringTimeWindow';
const SEVEN_DAYS_MS = 7 * 86_400_000;
const DEFAULT_ZONE = 'America/Los_Angeles';

const hour = numeric.refine(within(0, 24), 'must be an hour from 0 to 24');
const minute = numeric
  .refine(within(0, 59), 'must be a minute from 0 to 59')
  .nullish()
  .transform((value) => value ?? 0);

const windowSchema = z.looseObject({
  whitelist: listOf(z.looseObject({ startHour: hour, startMin: minute, endHour: hour, endMin: minute })),
  days: listOf(numeric.refine(within(1, 7), 'must be a day from 1 (Sunday) to 7 (Saturday)')),
  timezone: z.string().refine(isZone, 'must be a time zone, such as Europe/Berlin').nullish(),
  jitter: z
    .looseObject({
      enabled: booleanLike.nullish(),
      skipManual: booleanLike.nullish(),
      /** Seconds. */
      minDelay: numeric.nullish(),
      maxDelay: numeric.nullish(),
    })
    .nullish(),
});

const schema = z.looseObject({
  restrictedExecutionWindow: windowSchema,
  /** The installation's zone, for windows that name none. */
  defaultTimezone: z.string().nullish(),
  skipRemainingWait: booleanLike.nullish(),
  scheduledTime: z.number().nullish(),
});

type WindowConfig = z.infer<typeof schema>;

export const restrictExecutionDuringTimeWindowStage = defineStage<WindowConfig>({
  type: WINDOW_STAGE_TYPE,
  label: 'Restrict execution during time window',
  description: 'Waits until the execution window of the stage is open.',
  schema,
  tasks: [
    {
      name: 'suspendExecutionDuringTimeWindow',
      run: suspend,
      timeoutMs: SEVEN_DAYS_MS + 86_400_000,
      timeoutOverridable: false,
    },
    { name: 'waitForJitter', run: waitForJitter },
  ],
});

/** Whole numbers, both ends included. */
function within(least: number, most: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= least && value <= most;
}

/** Sleeps until the window opens, in one go; a person may cut it short. */
function suspend({ config, now }: TaskInput<WindowConfig>): TaskResult {
  if (config.skipRemainingWait === true) return { status: 'SUCCEEDED' };
  const { whitelist, days, timezone } = config.restrictedExecutionWindow;
  const zone = timezone ?? config.defaultTimezone ?? DEFAULT_ZONE;
  const opens = nextOpening({ whitelist, days, zone }, now);
  if (opens <= now) return { status: 'SUCCEEDED' };
  return {
    status: 'RUNNING',
    wakeAt: opens,
    ...(config.scheduledTime !== opens && { context: { scheduledTime: opens } }),
  };
}

/** Spreads starts over the first moments of a window: counted from its opening, not from the beginning of the wait. */
function waitForJitter({ config, execution, stage, startedAt, now }: TaskInput<WindowConfig>): TaskResult {
  const { jitter } = config.restrictedExecutionWindow;
  const isManual = execution.trigger['type'] === 'manual';
  if (jitter?.enabled !== true || config.skipRemainingWait === true) return { status: 'SUCCEEDED' };
  if (jitter.skipManual === true && isManual) return { status: 'SUCCEEDED' };
  const least = Math.max(0, jitter.minDelay ?? 0);
  const most = Math.max(least, jitter.maxDelay ?? least);
  const delay = least + seeded(`${stage.id}-${stage.attempt}`).random() * (most - least);
  const until = startedAt + Math.round(delay * 1_000);
  return now >= until ? { status: 'SUCCEEDED' } : { status: 'RUNNING', wakeAt: until };
}
