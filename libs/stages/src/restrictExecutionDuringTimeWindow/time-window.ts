import '@js-joda/timezone';
import { type LocalDate, Instant, LocalTime, ZonedDateTime, ZoneId } from '@js-joda/core';

/** Hours and minutes of a day, local to the window's zone. The last minute belongs to it. */
export interface DailyWindow {
  startHour: number;
  startMin: number;
  endHour: number;
  endMin: number;
}

export interface TimeWindow {
  /** Empty: the whole day. */
  whitelist: readonly DailyWindow[];
  /** 1 is Sunday, 7 is Saturday. Empty: every day. */
  days: readonly number[];
  /** IANA name, such as `Europe/Berlin`. */
  zone: string;
}

const WHOLE_DAY: DailyWindow = { startHour: 0, startMin: 0, endHour: 23, endMin: 59 };
/** Any day of the week comes within eight days. */
const HORIZON_DAYS = 8;

/**
 * When the window is open for the first time at or after `now` (both milliseconds since the Unix epoch). A window that
 * crosses midnight is two: one of each day. An hour that daylight saving skips opens when the clocks have jumped; one
 * that comes twice is open both times.
 */
export function nextOpening({ whitelist, days, zone }: TimeWindow, now: number): number {
  const zoneId = ZoneId.of(zone);
  const today = ZonedDateTime.ofInstant(Instant.ofEpochMilli(now), zoneId).toLocalDate();
  const windows = (whitelist.length === 0 ? [WHOLE_DAY] : whitelist).flatMap(splitAtMidnight);
  let best = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset <= HORIZON_DAYS && best === Number.POSITIVE_INFINITY; offset += 1) {
    const date = today.plusDays(offset);
    if (days.length > 0 && !days.includes(dayOf(date))) continue;
    for (const window of windows) {
      const start = startOf(date, window, zoneId);
      if (now <= endOf(date, window, zoneId)) best = Math.min(best, Math.max(now, start));
    }
  }
  return best;
}

/** js-joda counts from Monday, windows from Sunday. */
function dayOf(date: LocalDate): number {
  return (date.dayOfWeek().value() % 7) + 1;
}

function splitAtMidnight(window: DailyWindow): DailyWindow[] {
  const { startHour, startMin, endHour, endMin } = window;
  if (startHour * 60 + startMin <= endHour * 60 + endMin) return [window];
  return [
    { startHour, startMin, endHour: 23, endMin: 59 },
    { startHour: 0, startMin: 0, endHour, endMin },
  ];
}

function startOf(date: LocalDate, { startHour, startMin }: DailyWindow, zone: ZoneId): number {
  return ZonedDateTime.of(date.atTime(timeOf(startHour, startMin)), zone)
    .withEarlierOffsetAtOverlap()
    .toInstant()
    .toEpochMilli();
}

/** The last millisecond of the window. */
function endOf(date: LocalDate, { endHour, endMin }: DailyWindow, zone: ZoneId): number {
  const minute = ZonedDateTime.of(date.atTime(timeOf(endHour, endMin)), zone).withLaterOffsetAtOverlap();
  return minute.toInstant().toEpochMilli() + 59_999;
}

/** `24:00` is how some write the end of a day. */
function timeOf(hour: number, minute: number): LocalTime {
  return hour >= 24 ? LocalTime.of(23, 59) : LocalTime.of(hour, minute);
}

export function isZone(zone: string): boolean {
  try {
    ZoneId.of(zone);
    return true;
  } catch {
    return false;
  }
}
