import { ExpressionError } from '../../expression-error.js';
import { longValue, type Value } from '../../values/value.js';
import { intAt, longAt, textAt, valueAt } from '../arguments.js';
import { methodTable, type Method, type MethodTable } from '../method.js';
import { DateFormatter } from './date-formatter.js';
import { zoneNamed } from './java-date.js';
import { toJodaValue } from './joda-result.js';
import { JodaValue, type JodaType } from './joda-value.js';

/** One argument: i int, l long, s text, t temporal or amount, u unit, a adjuster, z zone, f formatter. */
type ArgumentKind = 'i' | 'l' | 's' | 't' | 'u' | 'z';

/**
 * Java's methods by class, as `javaName[=js-joda's name](argument kinds)`; a leading `long ` marks results that Java
 * declares as long. Only what stands here can be called.
 */
const SIGNATURES: Record<Exclude<JodaType, 'TemporalAdjuster'>, string> = {
  Instant:
    'plusMillis(l) plusSeconds(l) plusNanos(l) minusMillis(l) minusSeconds(l) minusNanos(l) plus(t) plus(lu) minus(t) minus(lu) ' +
    'long toEpochMilli long getEpochSecond=epochSecond getNano=nano isAfter(t) isBefore(t) compareTo(t) equals(t) hashCode toString atZone(z) truncatedTo(u) long until(tu)',
  Duration:
    'long toDays long toHours long toMinutes long toMillis long toNanos long getSeconds=seconds long toSeconds=seconds getNano=nano isZero isNegative negated abs plus(t) minus(t) ' +
    'plusDays(l) plusHours(l) plusMinutes(l) plusSeconds(l) plusMillis(l) minusDays(l) minusHours(l) minusMinutes(l) minusSeconds(l) minusMillis(l) multipliedBy(l) dividedBy(l) ' +
    'compareTo(t) equals(t) hashCode toString toDaysPart toHoursPart toMinutesPart toSecondsPart toMillisPart',
  Period:
    'getYears=years getMonths=months getDays=days long toTotalMonths isZero isNegative negated plusDays(l) plusMonths(l) plusYears(l) minusDays(l) minusMonths(l) minusYears(l) equals(t) hashCode toString',
  LocalDate:
    'getYear=year getMonth=month getMonthValue=monthValue getDayOfMonth=dayOfMonth getDayOfYear=dayOfYear getDayOfWeek=dayOfWeek isLeapYear lengthOfMonth lengthOfYear ' +
    'plusDays(l) plusWeeks(l) plusMonths(l) plusYears(l) minusDays(l) minusWeeks(l) minusMonths(l) minusYears(l) plus(t) plus(lu) minus(t) minus(lu) ' +
    'withDayOfMonth(i) withDayOfYear(i) withMonth(i) withYear(i) with(t) long until(tu) until(t) long toEpochDay isAfter(t) isBefore(t) isEqual(t) compareTo(t) equals(t) hashCode toString ' +
    'atStartOfDay atStartOfDay(z) atTime(t) atTime(ii) atTime(iii)',
  LocalTime:
    'getHour=hour getMinute=minute getSecond=second getNano=nano plusHours(l) plusMinutes(l) plusSeconds(l) minusHours(l) minusMinutes(l) minusSeconds(l) plus(t) plus(lu) minus(t) minus(lu) ' +
    'withHour(i) withMinute(i) withSecond(i) truncatedTo(u) long until(tu) isAfter(t) isBefore(t) compareTo(t) equals(t) hashCode toString toSecondOfDay long toNanoOfDay atDate(t)',
  LocalDateTime:
    'getYear=year getMonth=month getMonthValue=monthValue getDayOfMonth=dayOfMonth getDayOfYear=dayOfYear getDayOfWeek=dayOfWeek getHour=hour getMinute=minute getSecond=second getNano=nano ' +
    'plusDays(l) plusWeeks(l) plusMonths(l) plusYears(l) plusHours(l) plusMinutes(l) plusSeconds(l) plusNanos(l) minusDays(l) minusWeeks(l) minusMonths(l) minusYears(l) minusHours(l) minusMinutes(l) minusSeconds(l) ' +
    'plus(t) plus(lu) minus(t) minus(lu) withDayOfMonth(i) withDayOfYear(i) withMonth(i) withYear(i) withHour(i) withMinute(i) withSecond(i) withNano(i) with(t) truncatedTo(u) long until(tu) ' +
    'toLocalDate toLocalTime isAfter(t) isBefore(t) isEqual(t) compareTo(t) equals(t) hashCode toString atZone(z)',
  ZonedDateTime:
    'getYear=year getMonth=month getMonthValue=monthValue getDayOfMonth=dayOfMonth getDayOfYear=dayOfYear getDayOfWeek=dayOfWeek getHour=hour getMinute=minute getSecond=second getNano=nano getZone=zone ' +
    'plusDays(l) plusWeeks(l) plusMonths(l) plusYears(l) plusHours(l) plusMinutes(l) plusSeconds(l) minusDays(l) minusWeeks(l) minusMonths(l) minusYears(l) minusHours(l) minusMinutes(l) minusSeconds(l) ' +
    'plus(t) plus(lu) minus(t) minus(lu) withDayOfMonth(i) withMonth(i) withYear(i) withHour(i) withMinute(i) withSecond(i) with(t) withZoneSameInstant(z) truncatedTo(u) long until(tu) ' +
    'toLocalDate toLocalTime toLocalDateTime toInstant long toEpochSecond isAfter(t) isBefore(t) compareTo(t) equals(t) hashCode toString',
  ZoneId: 'getId=id equals(t) hashCode toString',
  DayOfWeek: 'getValue=value name ordinal plus(l) minus(l) compareTo(t) equals(t) hashCode toString',
  Month:
    'getValue=value name ordinal plus(l) minus(l) compareTo(t) equals(t) hashCode toString maxLength minLength',
  ChronoUnit: 'name ordinal between(tt) isDateBased isTimeBased compareTo(t) equals(t) hashCode toString',
};

const SIGNATURE = /(long )?(\w+)(?:=(\w+))?(?:\(([a-z]*)\))?/g;

interface Overload {
  kinds: ArgumentKind[];
  target: string;
  isLong: boolean;
}

type JodaObject = Record<string, ((...args: unknown[]) => unknown) | undefined>;

function tableOf(signatures: string): MethodTable<JodaValue> {
  const overloads = new Map<string, Overload[]>();
  for (const [, long, name = '', target, kinds = ''] of signatures.matchAll(SIGNATURE)) {
    const list = overloads.get(name) ?? [];
    list.push({
      kinds: kinds.split('') as ArgumentKind[],
      target: target ?? name,
      isLong: long !== undefined,
    });
    overloads.set(name, list);
  }
  const rows: Record<string, [number, number, Method<JodaValue>['call']]> = {};
  for (const [name, list] of overloads) {
    const arities = list.map((overload) => overload.kinds.length);
    rows[name] = [Math.min(...arities), Math.max(...arities), overloaded(name, list)];
  }
  rows['format'] = [1, 1, (self, args) => formatterAt(args, 0).format(self)];
  return methodTable(rows);
}

export const JODA_METHODS: Record<JodaType, MethodTable<JodaValue>> = {
  ...(Object.fromEntries(
    Object.entries(SIGNATURES).map(([type, signatures]) => [type, tableOf(signatures)]),
  ) as Record<Exclude<JodaType, 'TemporalAdjuster'>, MethodTable<JodaValue>>),
  TemporalAdjuster: methodTable<JodaValue>({ 'toString()': [0, (adjuster) => adjuster.text()] }),
};

function overloaded(name: string, list: Overload[]): Method<JodaValue>['call'] {
  return (self, args) => {
    const overload = list.find((candidate) => candidate.kinds.length === args.length);
    if (!overload)
      throw new ExpressionError('expression.bad_argument', `${name} does not take ${args.length} arguments`);
    if (name === 'equals') return self.equalTo(valueAt(args, 0));
    if (name === 'hashCode') return self.hash();
    if (name === 'compareTo') return self.compareWith(valueAt(args, 0)) ?? refuseComparison(self);
    const converted = overload.kinds.map((kind, index) => convert(kind, args, index));
    return call(self, overload, converted);
  };
}

function refuseComparison(self: JodaValue): never {
  throw new ExpressionError('expression.bad_argument', `compareTo needs another ${self.typeName}`);
}

function call(self: JodaValue, overload: Overload, args: unknown[]): Value {
  const object = self.inner as JodaObject;
  const method = object[overload.target];
  if (!method)
    throw new ExpressionError('expression.unknown_method', `${self.typeName} has no ${overload.target}`);
  try {
    const result = method.apply(self.inner, args);
    return overload.isLong && typeof result === 'number' ? longValue(BigInt(result)) : toJodaValue(result);
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExpressionError('expression.bad_argument', `${self.typeName}.${overload.target}: ${reason}`);
  }
}

function convert(kind: ArgumentKind, args: readonly Value[], index: number): unknown {
  switch (kind) {
    case 'i':
      return intAt(args, index);
    case 'l':
      return safeLong(args, index);
    case 's':
      return textAt(args, index);
    case 'z':
      return zoneAt(args, index);
    case 'u':
    case 't':
      return jodaAt(args, index);
  }
}

/** js-joda counts in JavaScript numbers. */
export function safeLong(args: readonly Value[], index: number): number {
  const value = longAt(args, index);
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER))
    return Number(value);
  throw new ExpressionError('expression.out_of_range', `${value} is beyond the calendar`);
}

export function zoneAt(args: readonly Value[], index: number): object {
  const value = valueAt(args, index);
  if (value instanceof JodaValue && value.typeName === 'ZoneId') return value.inner;
  return zoneNamed(textAt(args, index));
}

export function jodaAt(args: readonly Value[], index: number): object {
  const value = valueAt(args, index);
  if (value instanceof JodaValue) return value.inner;
  throw new ExpressionError(
    'expression.bad_argument',
    `argument ${index + 1} must be a date, time, amount or unit`,
  );
}

function formatterAt(args: readonly Value[], index: number): DateFormatter {
  const value = valueAt(args, index);
  if (value instanceof DateFormatter) return value;
  throw new ExpressionError('expression.bad_argument', `argument ${index + 1} must be a DateTimeFormatter`);
}

export const DATE_FORMATTER_METHODS = methodTable<DateFormatter>({
  format: [1, (formatter, args) => formatter.format(valueAt(args, 0))],
  withZone: [1, (formatter, args) => formatter.withZone(zoneNamed(String(zoneAt(args, 0))))],
  equals: [1, (formatter, args) => formatter.equalTo(valueAt(args, 0))],
  'toString()': [0, (formatter) => formatter.text()],
});
