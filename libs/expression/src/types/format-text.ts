import { checkSize, type Runtime } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { isNumber, numberType, toDouble, toLong } from '../values/number.js';
import { javaText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { typeNameOf } from './type-name.js';

interface Directive {
  whole: string;
  flags: string;
  width: number;
  precision: number | undefined;
  conversion: string;
}

const DIRECTIVE = /%(?:(\d+)\$)?([-#+ 0,(]*)(\d{0,4})(?:\.(\d{1,3}))?([a-zA-Z%])|%/g;

/** Java's `String.format` with the conversions b s c d x o e f g n and %, in the English locale. */
export function formatText(pattern: string, args: readonly Value[], runtime: Runtime): string {
  let next = 0;
  const text = pattern.replace(DIRECTIVE, (...groups: (string | undefined)[]) => {
    const { directive, position } = directiveOf(groups);
    if (directive.conversion === 'n') return '\n';
    if (directive.conversion === '%') return pad('%', directive);
    const index = position ?? next;
    if (position === undefined) next += 1;
    if (index >= args.length) throw invalid(directive.whole, 'has no argument');
    return formatOne(directive, args[index] ?? null);
  });
  checkSize(runtime, text.length);
  return text;
}

function directiveOf(groups: (string | undefined)[]): { directive: Directive; position: number | undefined } {
  const [whole = '', position, flags = '', width = '', precision, conversion] = groups;
  if (conversion === undefined) throw invalid(whole, 'is not a format');
  return {
    directive: {
      whole,
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      conversion,
    },
    position: position === undefined ? undefined : Number(position) - 1,
  };
}

function formatOne(directive: Directive, value: Value): string {
  const { conversion } = directive;
  const upper = conversion !== conversion.toLowerCase();
  const text = converted(directive, value);
  return upper ? text.toUpperCase() : text;
}

const WRITERS: Readonly<Record<string, (directive: Directive, value: Value) => string>> = {
  s: (directive, value) => pad(cut(javaText(value), directive), directive),
  b: (directive, value) =>
    pad(cut(String(typeof value === 'boolean' ? value : value !== null), directive), directive),
  c: (directive, value) => pad(character(value, directive), directive),
  d: numberOrNull(whole),
  x: numberOrNull((directive, value) => radix(directive, value, 16)),
  o: numberOrNull((directive, value) => radix(directive, value, 8)),
  e: numberOrNull(real),
  f: numberOrNull(real),
  g: numberOrNull(real),
};

function numberOrNull(
  write: (directive: Directive, value: Value) => string,
): (directive: Directive, value: Value) => string {
  return (directive, value) => (value === null ? pad('null', directive) : write(directive, value));
}

function converted(directive: Directive, value: Value): string {
  const write = WRITERS[directive.conversion.toLowerCase()];
  if (write) return write(directive, value);
  throw invalid(directive.whole, 'is not a conversion that is available');
}

function cut(text: string, { precision }: Directive): string {
  return precision === undefined ? text : text.slice(0, precision);
}

function pad(text: string, { width, flags }: Directive): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}

function character(value: Value, directive: Directive): string {
  if (value === null) return 'null';
  if (typeof value === 'string' && value.length === 1) return value;
  if (numberType(value) === 'int') return String.fromCodePoint(Number(value));
  throw invalid(directive.whole, `does not take a ${typeNameOf(value)}`);
}

function whole(directive: Directive, value: Value): string {
  const type = numberType(value);
  if (type !== 'int' && type !== 'long')
    throw invalid(directive.whole, `does not take a ${typeNameOf(value)}`);
  const number = toLong(value);
  return signed(directive, number < 0n, (number < 0n ? -number : number).toString());
}

function radix(directive: Directive, value: Value, base: 8 | 16): string {
  const type = numberType(value);
  if (type !== 'int' && type !== 'long')
    throw invalid(directive.whole, `does not take a ${typeNameOf(value)}`);
  const digits = BigInt.asUintN(type === 'int' ? 32 : 64, toLong(value)).toString(base);
  const prefix = directive.flags.includes('#') ? (base === 16 ? '0x' : '0') : '';
  if (!directive.flags.includes('0')) return pad(prefix + digits, directive);
  return prefix + digits.padStart(directive.width - prefix.length, '0');
}

function real(directive: Directive, value: Value): string {
  const type = numberType(value);
  if (!isNumber(value) || (type !== 'double' && type !== 'float')) {
    throw invalid(directive.whole, `does not take a ${typeNameOf(value)}; it takes a double, such as 1.0`);
  }
  const number = toDouble(value);
  if (!Number.isFinite(number)) return pad(javaText(number), directive);
  const precision = Math.min(directive.precision ?? 6, 100);
  const size = Math.abs(number);
  const conversion = directive.conversion.toLowerCase();
  const scientific =
    conversion === 'e' || (conversion === 'g' && size !== 0 && (size < 1e-4 || size >= 10 ** precision));
  const negative = number < 0 || Object.is(number, -0);
  if (scientific)
    return signed(directive, negative, exponential(size, conversion === 'g' ? precision - 1 : precision));
  return signed(
    directive,
    negative,
    halfUp(size, conversion === 'g' ? significant(size, precision) : precision),
  );
}

/** Digits after the point that leave `precision` significant ones. */
function significant(size: number, precision: number): number {
  const magnitude = size === 0 ? 0 : Math.floor(Math.log10(size));
  return Math.max(0, precision - 1 - magnitude);
}

function exponential(size: number, precision: number): string {
  return size.toExponential(Math.max(0, precision)).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Java rounds the decimal digits that a double is printed with half up; `toFixed` rounds its binary value. */
function halfUp(size: number, precision: number): string {
  const text = String(size);
  const fraction = text.split('.')[1] ?? '';
  if (text.includes('e') || fraction.length <= precision) return size.toFixed(precision);
  const digits = BigInt(text.replace('.', ''));
  const unit = 10n ** BigInt(fraction.length - precision);
  const rounded = ((digits + unit / 2n) / unit).toString().padStart(precision + 1, '0');
  if (precision === 0) return rounded;
  return `${rounded.slice(0, -precision)}.${rounded.slice(-precision)}`;
}

function signed(directive: Directive, negative: boolean, digits: string): string {
  const { flags, width } = directive;
  const grouped = flags.includes(',')
    ? digits.replace(/^\d+/, (part) => part.replace(/\B(?=(\d{3})+$)/g, ','))
    : digits;
  const positiveSign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const brackets = negative && flags.includes('(');
  const before = brackets ? '(' : negative ? '-' : positiveSign;
  const after = brackets ? ')' : '';
  if (!flags.includes('0')) return pad(before + grouped + after, directive);
  return before + grouped.padStart(width - before.length - after.length, '0') + after;
}

function invalid(directive: string, reason: string): ExpressionError {
  return new ExpressionError('expression.bad_argument', `the format ${directive} ${reason}`);
}
