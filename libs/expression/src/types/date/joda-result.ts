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
  ZonedDateTime,
  ZoneId,
} from '@js-joda/core';
import { ExpressionError } from '../../expression-error.js';
import type { Value } from '../../values/value.js';
import { JodaValue, type JodaType } from './joda-value.js';

/** Their constructors are private, so only their prototypes tell them. */
const CLASSES: [JodaType, { prototype: object }][] = [
  ['Instant', Instant],
  ['Duration', Duration],
  ['Period', Period],
  ['LocalDate', LocalDate],
  ['LocalTime', LocalTime],
  ['LocalDateTime', LocalDateTime],
  ['ZonedDateTime', ZonedDateTime],
  ['ZoneId', ZoneId],
  ['DayOfWeek', DayOfWeek],
  ['Month', Month],
  ['ChronoUnit', ChronoUnit],
];

/** The expression's value for what a method of js-joda gave. */
export function toJodaValue(result: unknown): Value {
  if (typeof result === 'number' || typeof result === 'string' || typeof result === 'boolean') return result;
  if (typeof result === 'object' && result !== null) {
    for (const [type, jodaClass] of CLASSES) {
      if (Object.prototype.isPrototypeOf.call(jodaClass.prototype, result))
        return new JodaValue(type, result);
    }
  }
  throw new ExpressionError('expression.not_allowed', 'the method gives a value that is not available');
}
