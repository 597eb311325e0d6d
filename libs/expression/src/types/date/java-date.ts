import { Instant, ZoneId, ZonedDateTime } from '@js-joda/core';
import '@js-joda/timezone';
import type { Runtime } from '../../evaluate/runtime.js';
import { ExpressionError } from '../../expression-error.js';
import { numberType, toLong } from '../../values/number.js';
import { double, HostValue, longValue, type Value } from '../../values/value.js';
import { textAt, valueAt } from '../arguments.js';
import { methodTable } from '../method.js';
import { fieldsOfZoned } from './calendar-fields.js';
import { formatDate, parsePattern } from './date-pattern.js';
import { epochMillis, parseDate } from './date-parser.js';
import { JodaValue } from './joda-value.js';

/** `java.util.Date`: a moment, in milliseconds since the epoch. */
export class JavaDate extends HostValue {
  readonly typeName = 'Date';

  constructor(
    readonly millis: number,
    readonly zone: ZoneId,
  ) {
    super();
  }

  zoned(): ZonedDateTime {
    return ZonedDateTime.ofInstant(Instant.ofEpochMilli(this.millis), this.zone);
  }

  text(): string {
    return formatDate('EEE MMM dd HH:mm:ss zzz yyyy', 'SimpleDateFormat', fieldsOfZoned(this.zoned()));
  }

  plain(): number {
    return this.millis;
  }

  equalTo(other: Value): boolean {
    return other instanceof JavaDate && other.millis === this.millis;
  }

  override compareWith(other: Value): number | undefined {
    return other instanceof JavaDate ? Math.sign(this.millis - other.millis) : undefined;
  }
}

/** The zone of the evaluation. */
export function zoneOf(runtime: Runtime): ZoneId {
  return zoneNamed(runtime.environment.timeZone ?? 'UTC');
}

export function zoneNamed(name: string): ZoneId {
  try {
    return ZoneId.of(name);
  } catch {
    throw new ExpressionError('expression.bad_argument', `there is no time zone ${name}`);
  }
}

/** The moments of `new Date(Long.MAX_VALUE)` and the like are beyond every calendar. */
const MAX_MILLIS = 8_640_000_000_000_000;

export function dateOf(millis: bigint | number, zone: ZoneId): JavaDate {
  const value = Number(millis);
  if (Number.isFinite(value) && Math.abs(value) <= MAX_MILLIS) return new JavaDate(value, zone);
  throw new ExpressionError('expression.out_of_range', `${millis} milliseconds are beyond the calendar`);
}

function momentAt(args: readonly Value[], index: number): JavaDate {
  const value = valueAt(args, index);
  if (value instanceof JavaDate) return value;
  throw new ExpressionError('expression.bad_argument', `argument ${index + 1} must be a Date`);
}

export const DATE_METHODS = methodTable<JavaDate>({
  getTime: [0, (date) => longValue(BigInt(date.millis))],
  before: [1, (date, args) => date.millis < momentAt(args, 0).millis],
  after: [1, (date, args) => date.millis > momentAt(args, 0).millis],
  compareTo: [1, (date, args) => Math.sign(date.millis - momentAt(args, 0).millis)],
  getYear: [0, (date) => date.zoned().year() - 1900],
  getMonth: [0, (date) => date.zoned().monthValue() - 1],
  getDate: [0, (date) => date.zoned().dayOfMonth()],
  getDay: [0, (date) => date.zoned().dayOfWeek().value() % 7],
  getHours: [0, (date) => date.zoned().hour()],
  getMinutes: [0, (date) => date.zoned().minute()],
  getSeconds: [0, (date) => date.zoned().second()],
  getTimezoneOffset: [0, (date) => double(-date.zoned().offset().totalSeconds() / 60)],
  toInstant: [0, (date) => new JodaValue('Instant', Instant.ofEpochMilli(date.millis))],
  equals: [1, (date, args) => date.equalTo(valueAt(args, 0))],
  hashCode: [0, (date) => longValue(BigInt(date.millis)).hash()],
  'toString()': [0, (date) => date.text()],
});

/** `java.text.SimpleDateFormat` in the English locale and the evaluation's time zone. */
export class SimpleDateFormat extends HostValue {
  readonly typeName = 'SimpleDateFormat';

  constructor(
    readonly pattern: string,
    readonly zone: ZoneId,
  ) {
    super();
    parsePattern(pattern, 'SimpleDateFormat');
  }

  format(moment: Value): string {
    const date = moment instanceof JavaDate ? moment : this.fromNumber(moment);
    const zoned = ZonedDateTime.ofInstant(Instant.ofEpochMilli(date.millis), this.zone);
    return formatDate(this.pattern, 'SimpleDateFormat', fieldsOfZoned(zoned));
  }

  private fromNumber(moment: Value): JavaDate {
    const type = numberType(moment);
    if (type === 'int' || type === 'long') return dateOf(toLong(moment), this.zone);
    throw new ExpressionError(
      'expression.bad_argument',
      'format takes a Date or milliseconds since the epoch',
    );
  }

  parse(text: string): JavaDate {
    return dateOf(epochMillis(parseDate(text, this.pattern, 'SimpleDateFormat'), this.zone), this.zone);
  }

  text(): string {
    return `java.text.SimpleDateFormat@${this.pattern}`;
  }

  plain(): string {
    return this.pattern;
  }

  equalTo(other: Value): boolean {
    return other instanceof SimpleDateFormat && other.pattern === this.pattern;
  }
}

export const SIMPLE_DATE_FORMAT_METHODS = methodTable<SimpleDateFormat>({
  format: [1, (format, args) => format.format(valueAt(args, 0))],
  parse: [1, (format, args) => format.parse(textAt(args, 0))],
  toPattern: [0, (format) => format.pattern],
  equals: [1, (format, args) => format.equalTo(valueAt(args, 0))],
  'toString()': [0, (format) => format.text()],
});
