import { LocalDate, LocalDateTime, LocalTime, ZonedDateTime, ZoneId, ZoneOffset } from '@js-joda/core';
import { ExpressionError } from '../../expression-error.js';
import { MONTHS, parsePattern, WEEKDAYS, type PatternKind, type PatternPart } from './date-pattern.js';

interface Parsed {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  hour12?: number;
  afternoon?: boolean;
  minute?: number;
  second?: number;
  nano?: number;
  zone?: ZoneId;
}

export interface ParsedDate {
  date: LocalDate | undefined;
  time: LocalTime;
  zone: ZoneId | undefined;
}

/** Reads `text` by a Java pattern. Parts that the pattern does not have are 1970-01-01 and midnight. */
export function parseDate(text: string, pattern: string, kind: PatternKind): ParsedDate {
  const parsed: Parsed = {};
  let position = 0;
  const parts = parsePattern(pattern, kind);
  parts.forEach((part, index) => {
    if ('literal' in part) {
      if (!text.startsWith(part.literal, position)) throw unparsable(text, pattern, position);
      position += part.literal.length;
      return;
    }
    const next = parts[index + 1];
    const used = readPart(parsed, part, text.slice(position), {
      kind,
      exact: next !== undefined && 'letter' in next,
    });
    if (used === 0) throw unparsable(text, pattern, position);
    position += used;
  });
  if (kind === 'DateTimeFormatter' && position < text.length) throw unparsable(text, pattern, position);
  try {
    return assemble(parsed, kind);
  } catch {
    throw unparsable(text, pattern, 0);
  }
}

function unparsable(text: string, pattern: string, position: number): ExpressionError {
  return new ExpressionError(
    'expression.bad_argument',
    `the date ${text.slice(0, 60)} does not fit the pattern ${pattern} at character ${position + 1}`,
  );
}

function readPart(
  parsed: Parsed,
  { letter, count }: Exclude<PatternPart, { literal: string }>,
  text: string,
  options: { kind: PatternKind; exact: boolean },
): number {
  if ('zZXxVO'.includes(letter)) return readZone(parsed, text);
  if (letter === 'a') return readHalf(parsed, text);
  if (letter === 'E' || ((letter === 'M' || letter === 'L') && count >= 3))
    return readName(parsed, letter, text);
  // Digits that follow each other without anything between are told apart by the number of letters.
  const width = options.exact ? String(count) : '1,18';
  const digits = new RegExp(`^\\d{${width}}`).exec(text)?.[0];
  if (digits === undefined) return 0;
  READERS[letter]?.(parsed, { value: Number(digits), text: digits, count, kind: options.kind });
  return digits.length;
}

interface Digits {
  value: number;
  text: string;
  count: number;
  kind: PatternKind;
}

const year = (parsed: Parsed, { value, text, count }: Digits): void => {
  parsed.year = count === 2 && text.length === 2 ? 2000 + value : value;
};
const month = (parsed: Parsed, { value }: Digits): void => {
  parsed.month = value;
};
const halfHour = (parsed: Parsed, { value }: Digits): void => {
  parsed.hour12 = value % 12;
};

const READERS: Readonly<Record<string, (parsed: Parsed, digits: Digits) => void>> = {
  y: year,
  u: year,
  M: month,
  L: month,
  d: (parsed, { value }) => {
    parsed.day = value;
  },
  H: (parsed, { value }) => {
    parsed.hour = value;
  },
  k: (parsed, { value }) => {
    parsed.hour = value === 24 ? 0 : value;
  },
  h: halfHour,
  K: halfHour,
  m: (parsed, { value }) => {
    parsed.minute = value;
  },
  s: (parsed, { value }) => {
    parsed.second = value;
  },
  S: (parsed, { value, text, kind }) => {
    parsed.nano = kind === 'SimpleDateFormat' ? value * 1_000_000 : Number(text.padEnd(9, '0').slice(0, 9));
  },
};

function readName(parsed: Parsed, letter: string, text: string): number {
  const names = letter === 'E' ? WEEKDAYS : MONTHS;
  const lower = text.toLowerCase();
  const index = names.findIndex((name) => lower.startsWith(name.slice(0, 3).toLowerCase()));
  const name = names[index];
  if (name === undefined) return 0;
  if (letter !== 'E') parsed.month = index + 1;
  return lower.startsWith(name.toLowerCase()) ? name.length : 3;
}

function readHalf(parsed: Parsed, text: string): number {
  const half = /^[ap]m/i.exec(text)?.[0];
  if (!half) return 0;
  parsed.afternoon = half.toLowerCase() === 'pm';
  return 2;
}

function readZone(parsed: Parsed, text: string): number {
  const match = /^(?:Z|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?|[A-Za-z]+(?:\/[A-Za-z_/]+)?)/.exec(text)?.[0];
  if (!match) return 0;
  try {
    const offset = /[+-]\d{2}(?::?\d{2})?$/.exec(match)?.[0];
    parsed.zone = offset
      ? ZoneOffset.of(offset)
      : match === 'GMT' || match === 'UTC' || match === 'Z'
        ? ZoneOffset.UTC
        : ZoneId.of(match);
    return match.length;
  } catch {
    return 0;
  }
}

/** `SimpleDateFormat` is lenient: month 13 is January of the next year, and so on. */
function assemble(parsed: Parsed, kind: PatternKind): ParsedDate {
  const { year = 1970, month = 1, day = 1, minute = 0, second = 0, nano = 0 } = parsed;
  const hour = parsed.hour ?? (parsed.hour12 ?? 0) + (parsed.afternoon ? 12 : 0);
  const hasDate = parsed.year !== undefined || parsed.month !== undefined || parsed.day !== undefined;
  if (kind === 'DateTimeFormatter') {
    return {
      date: hasDate ? LocalDate.of(year, month, day) : undefined,
      time: LocalTime.of(hour, minute, second, nano),
      zone: parsed.zone,
    };
  }
  const moment = LocalDateTime.of(year, 1, 1, 0, 0)
    .plusMonths(month - 1)
    .plusDays(day - 1)
    .plusHours(hour)
    .plusMinutes(minute)
    .plusSeconds(second)
    .plusNanos(nano);
  return { date: moment.toLocalDate(), time: moment.toLocalTime(), zone: parsed.zone };
}

/** The moment, in milliseconds since the epoch, in `zone` unless the text named one. */
export function epochMillis(parsed: ParsedDate, zone: ZoneId): number {
  const date = parsed.date ?? LocalDate.of(1970, 1, 1);
  return ZonedDateTime.of(LocalDateTime.of(date, parsed.time), parsed.zone ?? zone)
    .toInstant()
    .toEpochMilli();
}
