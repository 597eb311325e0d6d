const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Powers of ten that doubles hold exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
/** So many digits fit into 32 bits, which are added up in half the time. */
const SMALL_DIGITS = 9;
/** So many fit into a double, also after another digit. */
const HEAD_DIGITS = 15;
/** And so many more into the tail: a full double is spelled with 17. */
const MOST_DIGITS = HEAD_DIGITS + 5;
/** 2^27 + 1: multiplying by it cuts a double into two halves of 26 bits (Dekker 1971). */
const SPLITTER = 134_217_729;
/** Far above the error of the division below, and far below half of a last place. */
const DOUBT = 2 ** -90;

/** Where the number that was read last ended: at the byte that it was to end with, or at the end of the bytes. */
let stopped = 0;
export const numberEnd = (): number => stopped;

/** What reading digit by digit leaves behind. */
let at = 0;
let point = -1;
let count = 0;
let tail = 0;

/**
 * The number that begins at a position and ends before a certain byte; undefined for what is not spelled with digits, at
 * most one point and a sign. The double is the one nearest to the text, as `Number` gives it, but no string is made of it:
 * up to 15 digits are an integer, and dividing that by a power of ten up to 10^22 rounds once (Clinger 1990); with more
 * digits integer and quotient take two doubles each, and only what lies right between two doubles is left to `Number`.
 */
export function readDecimal(bytes: Uint8Array, from: number, stop: number): number | undefined {
  const negative = bytes[from] === MINUS;
  at = negative ? from + 1 : from;
  const first = at;
  point = -1;
  const head = readDigits(bytes, first);
  const end = at;
  stopped = bytes[end] === stop ? end : endFrom(bytes, end, stop);
  const decimals = point < 0 ? 0 : end - point - 1;
  if (end !== stopped || end === first || count > MOST_DIGITS || decimals >= POWERS.length) return undefined;
  if (point === first || (decimals === 0 && point >= 0)) return undefined;
  const power = POWERS[decimals]!;
  const value = count <= HEAD_DIGITS ? head / power : quotient(head, POWERS[count - HEAD_DIGITS]!, power);
  if (value === undefined) return undefined;
  return negative ? -value : value;
}

/** Reads the digits; gives those that fit into a double, and leaves the others in `tail`. */
function readDigits(bytes: Uint8Array, first: number): number {
  let small = 0;
  let i = first;
  for (const last = first + SMALL_DIGITS; i < last; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit >= 0 && digit <= 9) small = (small * 10 + digit) | 0;
    else if (digit === POINT - ZERO && point < 0) point = i;
    else break;
  }
  tail = 0;
  at = i;
  count = i - first - (point < 0 ? 0 : 1);
  return i < first + SMALL_DIGITS ? small : readFurther(bytes, small);
}

/** Goes on after the first digits. */
function readFurther(bytes: Uint8Array, small: number): number {
  let head = small;
  let beyond = 0;
  let digits = count;
  let i = at;
  for (; ; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (digits < HEAD_DIGITS) head = head * 10 + digit;
      else beyond = beyond * 10 + digit;
      digits++;
    } else if (digit === POINT - ZERO && point < 0) point = i;
    else break;
  }
  at = i;
  count = digits;
  tail = beyond;
  return head;
}

/** (head * shift + tail) / power, rounded once; undefined in the rare case that two doubles do not settle it. */
function quotient(head: number, shift: number, power: number): number | undefined {
  const product = head * shift;
  const sum = product + tail;
  const low = productError(head, shift, product) + (tail - (sum - product));
  const high = sum / power;
  const back = high * power;
  const rest = (sum - back - productError(high, power, back) + low) / power;
  const doubt = high * DOUBT;
  const value = high + (rest + doubt);
  return value === high + (rest - doubt) ? value : undefined;
}

/** What is missing of a product that was rounded (Dekker 1971). */
function productError(a: number, b: number, product: number): number {
  const cutA = a * SPLITTER;
  const highA = cutA - (cutA - a);
  const lowA = a - highA;
  const cutB = b * SPLITTER;
  const highB = cutB - (cutB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

function endFrom(bytes: Uint8Array, from: number, stop: number): number {
  const index = bytes.indexOf(stop, from);
  return index < 0 ? bytes.length : index;
}
