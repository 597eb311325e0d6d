import '@js-joda/timezone';
import { type LocalDate, Instant, LocalTime, ZonedDateTime, ZoneId, type ZoneOffset } from '@js-joda/core';

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
 * When the window is open for the first time at or after `now` (both milliseconds since the Unix epoch): when the clocks
 * of its zone show a time of it. A window that crosses midnight is two: one of each day. One that daylight saving skips
 * altogether opens, for as long, when the clocks have jumped; one that comes twice is open both times.
 */
export function nextOpening({ whitelist, days, zone }: TimeWindow, now: number): number {
  const zoneId = ZoneId.of(zone);
  const today = ZonedDateTime.ofInstant(Instant.ofEpochMilli(now), zoneId).toLocalDate();
  const windows = (whitelist.length === 0 ? [WHOLE_DAY] : whitelist).flatMap(splitAtMidnight);
  let best = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset <= HORIZON_DAYS && best === Number.POSITIVE_INFINITY; offset += 1) {
    const date = today.plusDays(offset);
    if (days.length > 0 && !days.includes(dayOf(date))) continue;
    for (const { from, to } of windows.flatMap((window) => spansOf(date, window, zoneId))) {
      if (now < to) best = Math.min(best, Math.max(now, from));
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

/** Milliseconds since the Unix epoch; `to` is the first that is not in it any more. */
interface Span {
  from: number;
  to: number;
}

/** When the clocks of a zone show a time of the window on a date: a change of the clocks may cut it, or make it two. */
function spansOf(date: LocalDate, window: DailyWindow, zone: ZoneId): Span[] {
  const start = date.atTime(timeOf(window.startHour, window.startMin));
  const end = date.atTime(timeOf(window.endHour, window.endMin)).plusMinutes(1);
  const dayStart = date.atStartOfDay(zone).toInstant().toEpochMilli();
  const dayEnd = date.plusDays(1).atStartOfDay(zone).toInstant().toEpochMilli();
  const [before, after] = [dayStart, dayEnd - 1].map((at) => zone.rules().offset(Instant.ofEpochMilli(at)));
  const shown = (offset: ZoneOffset): Span => ({
    from: start.toInstant(offset).toEpochMilli(),
    to: end.toInstant(offset).toEpochMilli(),
  });
  if (before!.equals(after!)) return [shown(before!)];
  const change = changeOf(zone, dayStart, dayEnd);
  const first = shown(before!);
  const second = shown(after!);
  const spans = [
    { from: first.from, to: Math.min(first.to, change) },
    { from: Math.max(second.from, change), to: second.to },
  ].filter(({ from, to }) => from < to);
  return spans.length > 0 ? spans : [{ from: change, to: change + first.to - first.from }];
}

/** The first millisecond after a change of the clocks between two times whose offsets differ. */
function changeOf(zone: ZoneId, from: number, to: number): number {
  const offsetAt = (at: number): ZoneOffset => zone.rules().offset(Instant.ofEpochMilli(at));
  const old = offsetAt(from);
  let [last, first] = [from, to];
  while (first - last > 1) {
    const middle = Math.floor((first + last) / 2);
    if (offsetAt(middle).equals(old)) last = middle;
    else first = middle;
  }
  return first;
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
