import { HostValue, type Value } from '../../values/value.js';

/** The classes of `java.time` that expressions may use. */
export type JodaType =
  | 'Instant'
  | 'Duration'
  | 'Period'
  | 'LocalDate'
  | 'LocalTime'
  | 'LocalDateTime'
  | 'ZonedDateTime'
  | 'ZoneId'
  | 'DayOfWeek'
  | 'Month'
  | 'ChronoUnit'
  | 'TemporalAdjuster';

/** An object of js-joda, which expressions reach only through the methods listed in `joda-methods.ts`. */
export class JodaValue extends HostValue {
  constructor(
    readonly typeName: JodaType,
    readonly inner: object,
  ) {
    super();
  }

  text(): string {
    return String(this.inner);
  }

  plain(): string {
    return this.text();
  }

  equalTo(other: Value): boolean {
    return other instanceof JodaValue && other.typeName === this.typeName && other.text() === this.text();
  }

  override compareWith(other: Value): number | undefined {
    if (!(other instanceof JodaValue) || other.typeName !== this.typeName) return undefined;
    const comparable = this.inner as { compareTo?: (other: object) => number };
    return comparable.compareTo?.(other.inner);
  }
}
