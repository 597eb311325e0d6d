import {
  ChronoUnit,
  DayOfWeek,
  Duration,
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  Month,
  Period,
  TemporalAdjusters,
  ZonedDateTime,
  ZoneId,
} from '@js-joda/core';
import type { Runtime } from '../../evaluate/runtime.js';
import { ExpressionError } from '../../expression-error.js';
import type { Value } from '../../values/value.js';
import { intAt, textAt, valueAt } from '../arguments.js';
import { DateFormatter, ISO_INSTANT } from '../date/date-formatter.js';
import { epochMillis, parseDate, type ParsedDate } from '../date/date-parser.js';
import { zoneOf } from '../date/java-date.js';
import { jodaAt, safeLong, zoneAt } from '../date/joda-methods.js';
import { toJodaValue } from '../date/joda-result.js';
import { JodaValue, type JodaType } from '../date/joda-value.js';
import { methodTable, type Method } from '../method.js';
import type { TypeDefinition, TypeValue } from './type-definition.js';

type Make = (args: readonly Value[], runtime: Runtime) => unknown;

/** Wraps what `make` gives, and turns js-joda's refusals into errors of the expression. */
function made(make: Make): Method<TypeValue>['call'] {
  return (_type, args, runtime) => {
    try {
      return toJodaValue(make(args, runtime));
    } catch (error) {
      if (error instanceof ExpressionError) throw error;
      throw new ExpressionError(
        'expression.bad_argument',
        error instanceof Error ? error.message : String(error),
      );
    }
  };
}

function ofType(type: JodaType): (value: Value) => boolean {
  return (value) => value instanceof JodaValue && value.typeName === type;
}

const nowIn = (args: readonly Value[], runtime: Runtime): ZonedDateTime =>
  ZonedDateTime.ofInstant(
    Instant.ofEpochMilli(runtime.environment.now),
    args.length > 0 ? (zoneAt(args, 0) as ZoneId) : zoneOf(runtime),
  );

function parsedBy(args: readonly Value[]): ParsedDate | undefined {
  if (args.length < 2) return undefined;
  const formatter = valueAt(args, 1);
  if (formatter instanceof DateFormatter)
    return parseDate(textAt(args, 0), formatter.pattern, 'DateTimeFormatter');
  throw new ExpressionError('expression.bad_argument', 'argument 2 must be a DateTimeFormatter');
}

function dateOf(parsed: ParsedDate): LocalDate {
  if (parsed.date) return parsed.date;
  throw new ExpressionError('expression.bad_argument', 'the pattern has no date');
}

const ints = (args: readonly Value[]): number[] => args.map((_arg, index) => intAt(args, index));
const month = (value: Value, args: readonly Value[], index: number): number =>
  value instanceof JodaValue && value.typeName === 'Month'
    ? (value.inner as Month).value()
    : intAt(args, index);
const dayParts = (args: readonly Value[]): [number, number, number] => [
  intAt(args, 0),
  month(valueAt(args, 1), args, 1),
  intAt(args, 2),
];

function enumConstants(type: JodaType, holder: object, names: readonly string[]): Record<string, Value> {
  const members = holder as Record<string, object | undefined>;
  return Object.fromEntries(
    names.map((name): [string, Value] => [name, new JodaValue(type, members[name] ?? {})]),
  );
}

const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const MONTH_NAMES =
  'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER'.split(' ');
const UNIT_NAMES =
  'NANOS MICROS MILLIS SECONDS MINUTES HOURS HALF_DAYS DAYS WEEKS MONTHS YEARS DECADES CENTURIES MILLENNIA ERAS FOREVER'.split(
    ' ',
  );

const adjuster =
  (make: (day: DayOfWeek) => object): Method<TypeValue>['call'] =>
  (_type, args) =>
    new JodaValue('TemporalAdjuster', make(jodaAt(args, 0) as DayOfWeek));
const fixedAdjuster =
  (make: () => object): Method<TypeValue>['call'] =>
  () =>
    new JodaValue('TemporalAdjuster', make());

export const TIME_TYPES: TypeDefinition[] = [
  {
    name: 'java.time.Instant',
    isInstance: ofType('Instant'),
    constants: { EPOCH: new JodaValue('Instant', Instant.EPOCH) },
    statics: methodTable<TypeValue>({
      now: [0, made((_args, { environment }) => Instant.ofEpochMilli(environment.now))],
      ofEpochMilli: [1, made((args) => Instant.ofEpochMilli(safeLong(args, 0)))],
      ofEpochSecond: [1, made((args) => Instant.ofEpochSecond(safeLong(args, 0)))],
      parse: [1, made((args) => Instant.parse(textAt(args, 0)))],
    }),
  },
  {
    name: 'java.time.Duration',
    isInstance: ofType('Duration'),
    constants: { ZERO: new JodaValue('Duration', Duration.ZERO) },
    statics: methodTable<TypeValue>({
      ofDays: [1, made((args) => Duration.ofDays(safeLong(args, 0)))],
      ofHours: [1, made((args) => Duration.ofHours(safeLong(args, 0)))],
      ofMinutes: [1, made((args) => Duration.ofMinutes(safeLong(args, 0)))],
      ofSeconds: [1, made((args) => Duration.ofSeconds(safeLong(args, 0)))],
      ofMillis: [1, made((args) => Duration.ofMillis(safeLong(args, 0)))],
      between: [2, made((args) => Duration.between(jodaAt(args, 0) as Instant, jodaAt(args, 1) as Instant))],
      parse: [1, made((args) => Duration.parse(textAt(args, 0)))],
    }),
  },
  {
    name: 'java.time.Period',
    isInstance: ofType('Period'),
    statics: methodTable<TypeValue>({
      ofDays: [1, made((args) => Period.ofDays(intAt(args, 0)))],
      ofWeeks: [1, made((args) => Period.ofWeeks(intAt(args, 0)))],
      ofMonths: [1, made((args) => Period.ofMonths(intAt(args, 0)))],
      ofYears: [1, made((args) => Period.ofYears(intAt(args, 0)))],
      between: [
        2,
        made((args) => Period.between(jodaAt(args, 0) as LocalDate, jodaAt(args, 1) as LocalDate)),
      ],
      parse: [1, made((args) => Period.parse(textAt(args, 0)))],
    }),
  },
  {
    name: 'java.time.LocalDate',
    isInstance: ofType('LocalDate'),
    statics: methodTable<TypeValue>({
      now: [0, 1, made((args, runtime) => nowIn(args, runtime).toLocalDate())],
      of: [3, made((args) => LocalDate.of(...dayParts(args)))],
      ofEpochDay: [1, made((args) => LocalDate.ofEpochDay(safeLong(args, 0)))],
      ofYearDay: [2, made((args) => LocalDate.ofYearDay(intAt(args, 0), intAt(args, 1)))],
      parse: [
        1,
        2,
        made((args) => {
          const parsed = parsedBy(args);
          return parsed ? dateOf(parsed) : LocalDate.parse(textAt(args, 0));
        }),
      ],
    }),
  },
  {
    name: 'java.time.LocalTime',
    isInstance: ofType('LocalTime'),
    statics: methodTable<TypeValue>({
      now: [0, 1, made((args, runtime) => nowIn(args, runtime).toLocalTime())],
      of: [2, 4, made((args) => LocalTime.of(...(ints(args) as [number, number])))],
      parse: [1, 2, made((args) => parsedBy(args)?.time ?? LocalTime.parse(textAt(args, 0)))],
    }),
  },
  {
    name: 'java.time.LocalDateTime',
    isInstance: ofType('LocalDateTime'),
    statics: methodTable<TypeValue>({
      now: [0, 1, made((args, runtime) => nowIn(args, runtime).toLocalDateTime())],
      of: [
        2,
        7,
        made((args) => {
          if (args.length === 2)
            return LocalDateTime.of(jodaAt(args, 0) as LocalDate, jodaAt(args, 1) as LocalTime);
          const time = args.slice(3);
          return LocalDateTime.of(
            LocalDate.of(...dayParts(args)),
            LocalTime.of(...(ints(time) as [number, number])),
          );
        }),
      ],
      ofInstant: [
        2,
        made((args) => LocalDateTime.ofInstant(jodaAt(args, 0) as Instant, zoneAt(args, 1) as ZoneId)),
      ],
      parse: [
        1,
        2,
        made((args) => {
          const parsed = parsedBy(args);
          return parsed
            ? LocalDateTime.of(dateOf(parsed), parsed.time)
            : LocalDateTime.parse(textAt(args, 0));
        }),
      ],
    }),
  },
  {
    name: 'java.time.ZonedDateTime',
    isInstance: ofType('ZonedDateTime'),
    statics: methodTable<TypeValue>({
      now: [0, 1, made(nowIn)],
      of: [2, made((args) => ZonedDateTime.of(jodaAt(args, 0) as LocalDateTime, zoneAt(args, 1) as ZoneId))],
      ofInstant: [
        2,
        made((args) => ZonedDateTime.ofInstant(jodaAt(args, 0) as Instant, zoneAt(args, 1) as ZoneId)),
      ],
      parse: [
        1,
        2,
        made((args, runtime) => {
          const parsed = parsedBy(args);
          if (!parsed) return ZonedDateTime.parse(textAt(args, 0));
          const zone = parsed.zone ?? zoneOf(runtime);
          return ZonedDateTime.ofInstant(Instant.ofEpochMilli(epochMillis(parsed, zone)), zone);
        }),
      ],
    }),
  },
  {
    name: 'java.time.ZoneId',
    isInstance: ofType('ZoneId'),
    statics: methodTable<TypeValue>({
      of: [1, made((args) => zoneAt(args, 0))],
      systemDefault: [0, made((_args, runtime) => zoneOf(runtime))],
    }),
  },
  {
    name: 'java.time.DayOfWeek',
    isInstance: ofType('DayOfWeek'),
    constants: enumConstants('DayOfWeek', DayOfWeek, DAYS),
    statics: methodTable<TypeValue>({
      of: [1, made((args) => DayOfWeek.of(intAt(args, 0)))],
      'valueOf()': [1, made((args) => DayOfWeek.valueOf(textAt(args, 0)))],
      from: [1, made((args) => DayOfWeek.from(jodaAt(args, 0) as LocalDate))],
      values: [0, () => DayOfWeek.values().map((day) => new JodaValue('DayOfWeek', day))],
    }),
  },
  {
    name: 'java.time.Month',
    isInstance: ofType('Month'),
    constants: enumConstants('Month', Month, MONTH_NAMES),
    statics: methodTable<TypeValue>({
      of: [1, made((args) => Month.of(intAt(args, 0)))],
      'valueOf()': [1, made((args) => Month.valueOf(textAt(args, 0)))],
    }),
  },
  {
    name: 'java.time.temporal.ChronoUnit',
    isInstance: ofType('ChronoUnit'),
    constants: enumConstants('ChronoUnit', ChronoUnit, UNIT_NAMES),
    statics: methodTable<TypeValue>({}),
  },
  {
    name: 'java.time.temporal.TemporalAdjusters',
    isInstance: () => false,
    statics: methodTable<TypeValue>({
      firstDayOfMonth: [0, fixedAdjuster(() => TemporalAdjusters.firstDayOfMonth())],
      lastDayOfMonth: [0, fixedAdjuster(() => TemporalAdjusters.lastDayOfMonth())],
      firstDayOfNextMonth: [0, fixedAdjuster(() => TemporalAdjusters.firstDayOfNextMonth())],
      firstDayOfYear: [0, fixedAdjuster(() => TemporalAdjusters.firstDayOfYear())],
      lastDayOfYear: [0, fixedAdjuster(() => TemporalAdjusters.lastDayOfYear())],
      firstDayOfNextYear: [0, fixedAdjuster(() => TemporalAdjusters.firstDayOfNextYear())],
      firstInMonth: [1, adjuster((day) => TemporalAdjusters.firstInMonth(day))],
      lastInMonth: [1, adjuster((day) => TemporalAdjusters.lastInMonth(day))],
      dayOfWeekInMonth: [
        2,
        (_type, args) =>
          new JodaValue(
            'TemporalAdjuster',
            TemporalAdjusters.dayOfWeekInMonth(intAt(args, 0), jodaAt(args, 1) as DayOfWeek),
          ),
      ],
      next: [1, adjuster((day) => TemporalAdjusters.next(day))],
      nextOrSame: [1, adjuster((day) => TemporalAdjusters.nextOrSame(day))],
      previous: [1, adjuster((day) => TemporalAdjusters.previous(day))],
      previousOrSame: [1, adjuster((day) => TemporalAdjusters.previousOrSame(day))],
    }),
  },
  {
    name: 'java.time.format.DateTimeFormatter',
    isInstance: (value) => value instanceof DateFormatter,
    constants: {
      ISO_LOCAL_DATE: new DateFormatter('yyyy-MM-dd'),
      ISO_DATE: new DateFormatter('yyyy-MM-dd'),
      BASIC_ISO_DATE: new DateFormatter('yyyyMMdd'),
      ISO_LOCAL_TIME: new DateFormatter('HH:mm:ss'),
      ISO_LOCAL_DATE_TIME: new DateFormatter("yyyy-MM-dd'T'HH:mm:ss"),
      ISO_OFFSET_DATE_TIME: new DateFormatter("yyyy-MM-dd'T'HH:mm:ssXXX"),
      ISO_INSTANT: new DateFormatter(ISO_INSTANT),
    },
    statics: methodTable<TypeValue>({
      ofPattern: [1, (_type, args) => new DateFormatter(textAt(args, 0))],
    }),
  },
];
