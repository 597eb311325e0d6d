import { ExpressionError } from '../../expression-error.js';
import type { CalendarFields } from './calendar-fields.js';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A run of one letter with its length, or literal text. */
export type PatternPart = { letter: string; count: number } | { literal: string };

/** Which class's letters a pattern uses: `SimpleDateFormat` and `DateTimeFormatter` differ in a few. */
export type PatternKind = 'SimpleDateFormat' | 'DateTimeFormatter';

/** Cuts a Java date pattern into parts: letters, and text in single quotes or outside of the alphabet. */
export function parsePattern(pattern: string, kind: PatternKind): PatternPart[] {
  const parts: PatternPart[] = [];
  for (let position = 0; position < pattern.length;) {
    const character = pattern.charAt(position);
    if (character === "'") {
      const end = quoteEnd(pattern, position);
      const inside = pattern.slice(position + 1, end);
      parts.push({ literal: inside === '' ? "'" : inside.replaceAll("''", "'") });
      position = end + 1;
    } else if (/[A-Za-z]/.test(character)) {
      let end = position;
      while (pattern.charAt(end) === character) end += 1;
      if (!LETTERS[kind].includes(character)) {
        throw new ExpressionError(
          'expression.bad_argument',
          `the date pattern ${pattern} has the letter ${character}, which ${kind} does not know`,
        );
      }
      parts.push({ letter: character, count: end - position });
      position = end;
    } else {
      parts.push({ literal: character });
      position += 1;
    }
  }
  return parts;
}

const LETTERS: Record<PatternKind, string> = {
  SimpleDateFormat: 'GyYMLwWDdFEuaHkKhmsSzZX',
  DateTimeFormatter: 'GuyYMLwWDdFEecaHkKhmsSnNAVzOXxZQq',
};

function quoteEnd(pattern: string, start: number): number {
  let end = pattern.indexOf("'", start + 1);
  while (end !== -1 && end !== start + 1 && pattern.charAt(end + 1) === "'")
    end = pattern.indexOf("'", end + 2);
  if (end === -1) {
    throw new ExpressionError('expression.bad_argument', `the date pattern ${pattern} has an open quote`);
  }
  return end;
}

/** Formats by a Java pattern in the English (US) locale. */
export function formatDate(pattern: string, kind: PatternKind, fields: CalendarFields): string {
  return parsePattern(pattern, kind)
    .map((part) => ('literal' in part ? part.literal : formatPart(part.letter, part.count, kind, fields)))
    .join('');
}

function formatPart(letter: string, count: number, kind: PatternKind, fields: CalendarFields): string {
  const { date, time, zone } = fields;
  const text =
    (date && DATE_WRITERS[letter]?.(date, count, kind)) ??
    (time && TIME_WRITERS[letter]?.(time, count, kind)) ??
    (zone && ZONE_WRITERS[letter]?.(zone, count, kind));
  if (text !== undefined) return text;
  throw new ExpressionError(
    'expression.bad_argument',
    `the pattern letter ${letter} needs a part that this date does not have`,
  );
}

function padded(value: number, count: number): string {
  return value < 0 ? `-${String(-value).padStart(count, '0')}` : String(value).padStart(count, '0');
}

type DateFields = NonNullable<CalendarFields['date']>;
type TimeFields = NonNullable<CalendarFields['time']>;
type ZoneFields = NonNullable<CalendarFields['zone']>;
type Writer<T> = (fields: T, count: number, kind: PatternKind) => string;

const weekdayText: Writer<DateFields> = (date, count) => nameText(WEEKDAYS[date.weekday - 1] ?? '', count);
const monthText: Writer<DateFields> = (date, count) =>
  count >= 3 ? nameText(MONTHS[date.month - 1] ?? '', count) : padded(date.month, count);
const quarter: Writer<DateFields> = (date, count) => quarterText(Math.floor((date.month - 1) / 3) + 1, count);
const localWeekday: Writer<DateFields> = (date, count, kind) =>
  count >= 3 ? weekdayText(date, count, kind) : padded((date.weekday % 7) + 1, count);

const DATE_WRITERS: Readonly<Record<string, Writer<DateFields>>> = {
  G: (date) => (date.year > 0 ? 'AD' : 'BC'),
  y: (date, count) => yearText(date.year, count),
  Y: (date, count) => yearText(weekOfYear(date).year, count),
  u: (date, count, kind) =>
    kind === 'SimpleDateFormat' ? padded(date.weekday, count) : yearText(date.year, count),
  M: monthText,
  L: monthText,
  Q: quarter,
  q: quarter,
  w: (date, count) => padded(weekOfYear(date).week, count),
  W: (date, count) => padded(weekOfMonth(date), count),
  D: (date, count) => padded(date.dayOfYear, count),
  d: (date, count) => padded(date.day, count),
  F: (date, count) => padded(Math.floor((date.day - 1) / 7) + 1, count),
  E: weekdayText,
  e: localWeekday,
  c: localWeekday,
};

function yearText(year: number, count: number): string {
  const positive = year > 0 ? year : 1 - year;
  return count === 2 ? padded(positive % 100, 2) : padded(positive, count);
}

function nameText(name: string, count: number): string {
  if (count === 5) return name.charAt(0);
  return count >= 4 ? name : name.slice(0, 3);
}

function quarterText(quarter: number, count: number): string {
  if (count <= 2) return padded(quarter, count);
  return count === 3 ? `Q${quarter}` : `${['1st', '2nd', '3rd', '4th'][quarter - 1]} quarter`;
}

/** Weeks as the US counts them: they begin on Sunday, and the one that holds January 1st is the first. */
function weekOfYear(date: DateFields): { week: number; year: number } {
  const dayOfWeek = date.weekday % 7;
  const daysInYear = date.year % 4 === 0 && (date.year % 100 !== 0 || date.year % 400 === 0) ? 366 : 365;
  if (date.dayOfYear + (6 - dayOfWeek) > daysInYear) return { week: 1, year: date.year + 1 };
  const firstDayOfWeek = (((dayOfWeek - (date.dayOfYear - 1)) % 7) + 7) % 7;
  return { week: Math.floor((date.dayOfYear - 1 + firstDayOfWeek) / 7) + 1, year: date.year };
}

function weekOfMonth(date: DateFields): number {
  const firstDayOfWeek = ((((date.weekday % 7) - (date.day - 1)) % 7) + 7) % 7;
  return Math.floor((date.day - 1 + firstDayOfWeek) / 7) + 1;
}

const secondOfDay = ({ hour, minute, second }: TimeFields): number => (hour * 60 + minute) * 60 + second;

const TIME_WRITERS: Readonly<Record<string, Writer<TimeFields>>> = {
  a: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  H: ({ hour }, count) => padded(hour, count),
  k: ({ hour }, count) => padded(hour === 0 ? 24 : hour, count),
  K: ({ hour }, count) => padded(hour % 12, count),
  h: ({ hour }, count) => padded(hour % 12 === 0 ? 12 : hour % 12, count),
  m: ({ minute }, count) => padded(minute, count),
  s: ({ second }, count) => padded(second, count),
  S: ({ nano }, count, kind) =>
    kind === 'SimpleDateFormat'
      ? padded(Math.floor(nano / 1_000_000), count)
      : String(nano).padStart(9, '0').slice(0, count).padEnd(count, '0'),
  n: ({ nano }, count) => padded(nano, count),
  A: (time, count) => padded(secondOfDay(time) * 1000 + Math.floor(time.nano / 1_000_000), count),
  N: (time, count) => padded(secondOfDay(time) * 1_000_000_000 + time.nano, count),
};

const gmtText = (seconds: number, count: number): string =>
  seconds === 0 ? 'GMT' : `GMT${offsetText(seconds, count)}`;
const offsetOrZ = (seconds: number, count: number): string =>
  seconds === 0 ? 'Z' : offsetText(seconds, count);

const ZONE_WRITERS: Readonly<Record<string, Writer<ZoneFields>>> = {
  z: (zone, count) => zoneName(zone, count),
  V: (zone) => zone.id,
  O: ({ offsetSeconds }, count) => gmtText(offsetSeconds, count >= 4 ? 3 : 1),
  Z: ({ offsetSeconds }, count, kind) => {
    if (kind === 'SimpleDateFormat' || count < 4) return offsetText(offsetSeconds, 2);
    return count === 4 ? gmtText(offsetSeconds, 3) : offsetOrZ(offsetSeconds, 3);
  },
  X: ({ offsetSeconds }, count) => offsetOrZ(offsetSeconds, count),
  x: ({ offsetSeconds }, count) => offsetText(offsetSeconds, count),
};

/** `+02` for one letter, `+0200` for two, `+02:00` for three. */
function offsetText(seconds: number, count: number): string {
  const minutes = Math.abs(Math.trunc(seconds / 60));
  const sign = seconds < 0 ? '-' : '+';
  const hour = padded(Math.floor(minutes / 60), 2);
  const minute = padded(minutes % 60, 2);
  if (count === 1) return sign + hour + (minute === '00' ? '' : minute);
  return sign + hour + (count === 3 ? ':' : '') + minute;
}

/** `UTC`, `PST`, `Pacific Standard Time`: the zone's English name at that moment. */
export function zoneName(zone: NonNullable<CalendarFields['zone']>, count: number): string {
  if (zone.id === 'Z' || zone.id === 'UTC') return count >= 4 ? 'Coordinated Universal Time' : 'UTC';
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone.id,
      timeZoneName: count >= 4 ? 'long' : 'short',
    }).formatToParts(zone.epochMillis);
    return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone.id;
  } catch {
    return zone.id;
  }
}
