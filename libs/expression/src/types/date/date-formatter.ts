import {
  Instant,
  LocalDate,
  LocalDateTime,
  LocalTime,
  ZonedDateTime,
  ZoneOffset,
  type ZoneId,
} from '@js-joda/core';
import { ExpressionError } from '../../expression-error.js';
import { HostValue, type Value } from '../../values/value.js';
import { dateFields, fieldsOfZoned, timeFields, type CalendarFields } from './calendar-fields.js';
import { formatDate, parsePattern } from './date-pattern.js';
import { JodaValue } from './joda-value.js';

/** `java.time.format.DateTimeFormatter`, made by `ofPattern`. */
export class DateFormatter extends HostValue {
  readonly typeName = 'DateTimeFormatter';

  constructor(
    readonly pattern: string,
    readonly zone?: ZoneId,
  ) {
    super();
    parsePattern(pattern, 'DateTimeFormatter');
  }

  withZone(zone: ZoneId): DateFormatter {
    return new DateFormatter(this.pattern, zone);
  }

  format(moment: Value): string {
    if (moment instanceof JodaValue) {
      const fields = this.fieldsOf(moment.inner);
      if (fields) return formatDate(this.pattern, 'DateTimeFormatter', fields);
    }
    throw new ExpressionError('expression.bad_argument', 'format takes a date or time of java.time');
  }

  private fieldsOf(moment: object): CalendarFields | undefined {
    if (moment instanceof Instant) {
      if (!this.zone && this.pattern !== ISO_INSTANT) {
        throw new ExpressionError(
          'expression.bad_argument',
          'an Instant has no day or hour of its own; give the formatter a zone with withZone(…)',
        );
      }
      return fieldsOfZoned(ZonedDateTime.ofInstant(moment, this.zone ?? ZoneOffset.UTC));
    }
    if (moment instanceof ZonedDateTime) {
      return fieldsOfZoned(this.zone ? moment.withZoneSameInstant(this.zone) : moment);
    }
    if (moment instanceof LocalDateTime) {
      if (this.zone) return fieldsOfZoned(moment.atZone(this.zone));
      return { date: dateFields(moment), time: timeFields(moment) };
    }
    if (moment instanceof LocalDate) return { date: dateFields(moment) };
    return moment instanceof LocalTime ? { time: timeFields(moment) } : undefined;
  }

  text(): string {
    return `DateTimeFormatter(${this.pattern})`;
  }

  plain(): string {
    return this.pattern;
  }

  equalTo(other: Value): boolean {
    return other instanceof DateFormatter && other.pattern === this.pattern && other.zone === this.zone;
  }
}

/** The pattern of `DateTimeFormatter.ISO_INSTANT`. */
export const ISO_INSTANT = "yyyy-MM-dd'T'HH:mm:ss'Z'";
