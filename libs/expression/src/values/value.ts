/**
 * What an expression computes with. JSON's values stand for themselves; a JavaScript number is Java's int when it is
 * a whole number in the range of int, a long when it is whole and larger, else a double. Everything that this cannot
 * tell apart (a double with a whole value, a long that fits an int, a float, a date …) is a `HostValue`.
 */
export type Value = null | boolean | number | string | Value[] | HostValue | PlainObject;
export interface PlainObject {
  [key: string]: Value;
}

/** A value that JSON has no form for. Expressions reach only what a subclass chooses to show. */
export abstract class HostValue {
  /** The Java class's simple name, as messages and `explain` show it. */
  abstract readonly typeName: string;
  /** Java's `toString()`. */
  abstract text(): string;
  /** The JSON value that stands for it in results. */
  abstract plain(): unknown;
  abstract equalTo(other: Value): boolean;

  hash(): number {
    return textHash(this.text());
  }

  /** The text that stands for it inside a longer text, or undefined when Spring has no conversion for it. */
  converted(): string | undefined {
    return this.text();
  }

  /** -1, 0 or 1, or undefined when the two have no order. */
  compareWith(_other: Value): number | undefined {
    return undefined;
  }
}

/** A map that is not a plain object: one made by an expression, or a context that is read key by key. */
export abstract class HostMap extends HostValue {
  /** The number of entries. */
  abstract readonly size: number;
  /** The value under `key`, or undefined when there is none. */
  abstract lookup(key: Value): Value | undefined;
  abstract entries(): Iterable<readonly [Value, Value]>;

  override converted(): string | undefined {
    return undefined;
  }
}

export class JavaLong extends HostValue {
  readonly typeName = 'Long';
  constructor(readonly value: bigint) {
    super();
  }
  text(): string {
    return this.value.toString();
  }
  plain(): number {
    return Number(this.value);
  }
  equalTo(other: Value): boolean {
    return other instanceof JavaLong && other.value === this.value;
  }
  override hash(): number {
    return Number(BigInt.asIntN(32, this.value ^ (BigInt.asUintN(64, this.value) >> 32n)));
  }
}

/** A double with a whole value, or negative zero: other doubles are plain JavaScript numbers. */
export class JavaDouble extends HostValue {
  readonly typeName = 'Double';
  constructor(readonly value: number) {
    super();
  }
  text(): string {
    return doubleText(this.value);
  }
  plain(): number {
    return this.value;
  }
  equalTo(other: Value): boolean {
    return other instanceof JavaDouble && Object.is(other.value, this.value);
  }
}

export class JavaFloat extends HostValue {
  readonly typeName = 'Float';
  constructor(readonly value: number) {
    super();
  }
  text(): string {
    return floatText(this.value);
  }
  plain(): unknown {
    return Number.isFinite(this.value) ? Number(shortestFloat(this.value)) : this.text();
  }
  equalTo(other: Value): boolean {
    return other instanceof JavaFloat && Object.is(other.value, this.value);
  }
}

export function longValue(value: bigint): JavaLong {
  return new JavaLong(BigInt.asIntN(64, value));
}

export function double(value: number): Value {
  return Number.isInteger(value) ? new JavaDouble(value) : value;
}

export function float(value: number): JavaFloat {
  return new JavaFloat(Math.fround(value));
}

export function isPlainObject(value: Value): value is PlainObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof HostValue)
  );
}

/** Java's `String.hashCode()`. */
export function textHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

/** Java's `Double.toString`: always with a point, and with an exponent below 10^-3 and from 10^7 on. */
export function doubleText(value: number): string {
  return javaDecimalText(value, String(Math.abs(value)));
}

/** Java's `Float.toString`. */
export function floatText(value: number): string {
  return javaDecimalText(value, shortestFloat(Math.abs(value)));
}

/** The fewest digits that read back as the same float. */
function shortestFloat(value: number): string {
  for (let precision = 1; precision <= 9; precision += 1) {
    const text = value.toPrecision(precision);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

function javaDecimalText(value: number, shortest: string): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}Infinity`;
  if (value === 0) return `${sign}0.0`;
  const [mantissa = '', exponentText = '0'] = shortest.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const leadingZeros = (whole + fraction).length - digits.length;
  const exponent = Number(exponentText) + whole.length - leadingZeros - 1;
  if (exponent >= -3 && exponent < 7) return sign + pointed(digits, exponent);
  const rest = digits.slice(1).replace(/0+$/, '');
  return `${sign}${digits.charAt(0)}.${rest === '' ? '0' : rest}E${exponent}`;
}

function pointed(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1).replace(/0+$/, '');
  return `${whole}.${fraction === '' ? '0' : fraction}`;
}
