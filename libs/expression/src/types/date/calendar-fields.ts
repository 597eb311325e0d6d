import { ZonedDateTime, type ZoneOffset } from '@js-joda/core';

/** A moment taken apart for formatting. Absent parts (a LocalDate has no hour) are undefined. */
export interface CalendarFields {
  date?: { year: number; month: number; day: number; dayOfYear: number; /** 1 = Monday */ weekday: number };
  time?: { hour: number; minute: number; second: number; nano: number };
  zone?: { id: string; offsetSeconds: number; epochMillis: number };
}

export function fieldsOfZoned(moment: ZonedDateTime): CalendarFields {
  return {
    date: dateFields(moment),
    time: timeFields(moment),
    zone: {
      id: moment.zone().id(),
      offsetSeconds: offsetOf(moment.offset()),
      epochMillis: moment.toInstant().toEpochMilli(),
    },
  };
}

function offsetOf(offset: ZoneOffset): number {
  return offset.totalSeconds();
}

interface DateLike {
  year(): number;
  monthValue(): number;
  dayOfMonth(): number;
  dayOfYear(): number;
  dayOfWeek(): { value(): number };
}

export function dateFields(date: DateLike): NonNullable<CalendarFields['date']> {
  return {
    year: date.year(),
    month: date.monthValue(),
    day: date.dayOfMonth(),
    dayOfYear: date.dayOfYear(),
    weekday: date.dayOfWeek().value(),
  };
}

interface TimeLike {
  hour(): number;
  minute(): number;
  second(): number;
  nano(): number;
}

export function timeFields(time: TimeLike): NonNullable<CalendarFields['time']> {
  return { hour: time.hour(), minute: time.minute(), second: time.second(), nano: time.nano() };
}
