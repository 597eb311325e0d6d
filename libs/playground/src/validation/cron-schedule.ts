import { CronExpressionParser } from 'cron-parser';
import { invalidValue, required } from '../api/field-errors.js';
import type { StatusCause } from '../api/status-error.js';

/** A CronJob's schedule: five fields or `@hourly` and the like, and a known time zone. */
export function validateCronSchedule(
  schedule: string | undefined,
  timeZone: string | undefined,
): StatusCause[] {
  if (!schedule) return [required('spec.schedule')];
  const causes: StatusCause[] = [];
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    causes.push(invalidValue('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  }
  try {
    if (!schedule.startsWith('@') && schedule.trim().split(/\s+/).length !== 5) {
      throw new Error(
        `expected exactly 5 fields, found ${schedule.trim().split(/\s+/).length}: [${schedule}]`,
      );
    }
    CronExpressionParser.parse(schedule, { tz: 'UTC' });
  } catch (error) {
    causes.push(invalidValue('spec.schedule', schedule, (error as Error).message));
  }
  return causes;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The last scheduled time in (after, until], in milliseconds since the epoch. */
export function lastScheduledTime(
  schedule: string,
  timeZone: string | undefined,
  range: { after: number; until: number },
): number | undefined {
  const expression = CronExpressionParser.parse(schedule, {
    tz: timeZone ?? 'UTC',
    currentDate: new Date(range.until + 1),
  });
  const previous = expression.prev().getTime();
  return previous > range.after ? previous : undefined;
}

export function nextScheduledTime(schedule: string, timeZone: string | undefined, after: number): number {
  const expression = CronExpressionParser.parse(schedule, {
    tz: timeZone ?? 'UTC',
    currentDate: new Date(after),
  });
  return expression.next().getTime();
}
