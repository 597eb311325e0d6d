import { checkSize, step } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { valuesEqual } from '../values/equality.js';
import { javaText } from '../values/text.js';
import { textHash, type Value } from '../values/value.js';
import { visit } from '../values/work-meter.js';
import { booleanAt, intAt, listAt, restAt, textAt, valueAt } from './arguments.js';
import { formatText } from './format-text.js';
import { ANY_NUMBER, methodTable, type Method } from './method.js';
import { javaMatches, javaReplace, javaSplit } from './regex.js';

/** Java's `Character.isWhitespace`: Unicode's spaces but the no-break ones, and the controls that separate. */
function isWhiteSpace(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  if (code <= 0x20) return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20);
  return (
    code > 0xa0 && code !== 0x2007 && code !== 0x202f && code !== 0xfeff && /\s/.test(text.charAt(index))
  );
}

function stripLeading(text: string): string {
  let start = 0;
  while (start < text.length && isWhiteSpace(text, start)) start += 1;
  return text.slice(start);
}

function stripTrailing(text: string): string {
  let end = text.length;
  while (end > 0 && isWhiteSpace(text, end - 1)) end -= 1;
  return text.slice(0, end);
}

/** Java's `trim` removes everything up to the space, control characters included. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return text.slice(start, end);
}

function outOfRange(text: string, what: string): ExpressionError {
  return new ExpressionError(
    'expression.out_of_range',
    `${what} is outside of the text, which has ${text.length} characters`,
  );
}

function substring(text: string, args: readonly Value[]): string {
  const begin = intAt(args, 0);
  const end = args.length > 1 ? intAt(args, 1) : text.length;
  if (begin < 0 || end > text.length || begin > end) throw outOfRange(text, `from ${begin} to ${end}`);
  return text.slice(begin, end);
}

function characterCode(text: string, args: readonly Value[]): number {
  const index = intAt(args, 0);
  if (index < 0 || index >= text.length) throw outOfRange(text, `index ${index}`);
  return index;
}

/** A character is given as a text of one character, or by its code. */
function searched(args: readonly Value[]): string {
  const first = valueAt(args, 0);
  return typeof first === 'number'
    ? String.fromCodePoint(Math.max(0, Math.min(0x10ffff, Math.trunc(first))))
    : textAt(args, 0);
}

function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = a.charCodeAt(index) - b.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function lastIndexOf(text: string, args: readonly Value[]): number {
  const from = args.length > 1 ? intAt(args, 1) : text.length;
  return from < 0 ? -1 : text.lastIndexOf(searched(args), from);
}

function regionMatches(text: string, args: readonly Value[]): boolean {
  const ignoreCase = args.length === 5 && booleanAt(args, 0);
  const [offset, other, otherOffset, length] = args.slice(args.length - 4);
  const rest = [offset ?? null, other ?? null, otherOffset ?? null, length ?? null];
  const [from, start, count] = [intAt(rest, 0), intAt(rest, 2), intAt(rest, 3)];
  const right = textAt(rest, 1);
  if (from < 0 || start < 0 || from + count > text.length || start + count > right.length) return false;
  const a = text.slice(from, from + count);
  const b = right.slice(start, start + count);
  return ignoreCase ? a.toLowerCase() === b.toLowerCase() : a === b;
}

/** The UTF-8 bytes of a text as Java's signed bytes. */
function bytesOf(text: string): number[] {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => (byte << 24) >> 24);
}

const replaceLiteral: Method<string>['call'] = (text, args, runtime) => {
  const from = textAt(args, 0);
  const to = textAt(args, 1);
  const occurrences = from === '' ? text.length + 1 : text.split(from).length - 1;
  visit(occurrences);
  checkSize(runtime, text.length + occurrences * Math.max(0, to.length - from.length));
  return text.replaceAll(from, () => to);
};

/** The methods of `java.lang.String`. Characters are texts of length one. */
export const STRING_METHODS = methodTable<string>({
  length: [0, (text) => text.length],
  isEmpty: [0, (text) => text === ''],
  isBlank: [0, (text) => stripLeading(text) === ''],
  charAt: [1, (text, args) => text.charAt(characterCode(text, args))],
  codePointAt: [1, (text, args) => text.codePointAt(characterCode(text, args)) ?? 0],
  equals: [1, (text, args) => valuesEqual(text, valueAt(args, 0))],
  contentEquals: [1, (text, args) => text === textAt(args, 0)],
  equalsIgnoreCase: [
    1,
    (text, args) => args[0] !== null && text.toLowerCase() === textAt(args, 0).toLowerCase(),
  ],
  compareTo: [1, (text, args) => compareTexts(text, textAt(args, 0))],
  compareToIgnoreCase: [1, (text, args) => compareTexts(text.toLowerCase(), textAt(args, 0).toLowerCase())],
  contains: [1, (text, args) => text.includes(textAt(args, 0))],
  startsWith: [
    1,
    2,
    (text, args) => {
      const offset = args.length > 1 ? intAt(args, 1) : 0;
      return offset >= 0 && offset <= text.length && text.startsWith(textAt(args, 0), offset);
    },
  ],
  endsWith: [1, (text, args) => text.endsWith(textAt(args, 0))],
  indexOf: [1, 2, (text, args) => text.indexOf(searched(args), args.length > 1 ? intAt(args, 1) : 0)],
  lastIndexOf: [1, 2, lastIndexOf],
  substring: [1, 2, substring],
  subSequence: [2, substring],
  concat: [
    1,
    (text, args, runtime) => {
      const joined = text + textAt(args, 0);
      checkSize(runtime, joined.length);
      return joined;
    },
  ],
  replace: [2, replaceLiteral],
  replaceAll: [
    2,
    (text, args, { limits }) =>
      javaReplace(text, textAt(args, 0), textAt(args, 1), { limits, firstOnly: false }),
  ],
  replaceFirst: [
    2,
    (text, args, { limits }) =>
      javaReplace(text, textAt(args, 0), textAt(args, 1), { limits, firstOnly: true }),
  ],
  matches: [1, (text, args, { limits }) => javaMatches(text, textAt(args, 0), limits)],
  split: [
    1,
    2,
    (text, args, { limits }) =>
      javaSplit(text, textAt(args, 0), args.length > 1 ? intAt(args, 1) : 0, limits),
  ],
  toLowerCase: [0, (text) => text.toLowerCase()],
  toUpperCase: [0, (text) => text.toUpperCase()],
  trim: [0, trim],
  strip: [0, (text) => stripTrailing(stripLeading(text))],
  stripLeading: [0, stripLeading],
  stripTrailing: [0, stripTrailing],
  repeat: [
    1,
    (text, args, runtime) => {
      const count = intAt(args, 0);
      if (count < 0) throw new ExpressionError('expression.bad_argument', `the count is negative: ${count}`);
      checkSize(runtime, text.length * count);
      return text.repeat(count);
    },
  ],
  lines: [
    0,
    (text) =>
      text === ''
        ? []
        : text
            .replace(/\r\n?|\n$/g, (end, at: number) => (at + end.length === text.length ? '' : '\n'))
            .split('\n'),
  ],
  toCharArray: [
    0,
    (text, _args, runtime) => {
      step(runtime, text.length >> 4);
      return text.split('');
    },
  ],
  getBytes: [0, 1, (text) => bytesOf(text)],
  regionMatches: [4, 5, regionMatches],
  formatted: [0, ANY_NUMBER, (text, args, runtime) => formatText(text, restAt(args, 0), runtime)],
  format: [1, ANY_NUMBER, (_text, args, runtime) => formatText(textAt(args, 0), restAt(args, 1), runtime)],
  join: [1, ANY_NUMBER, (_text, args, runtime) => joinTexts(args, runtime)],
  intern: [0, (text) => text],
  'toString()': [0, (text) => text],
  hashCode: [0, (text) => textHash(text)],
});

/** `String.join(separator, list)` or `String.join(separator, a, b, …)`. */
export function joinTexts(args: readonly Value[], runtime: Parameters<Method<string>['call']>[2]): string {
  const items = args.length === 2 && typeof args[1] !== 'string' ? listAt(args, 1) : args.slice(1);
  step(runtime, items.length >> 4);
  const text = items.map(javaText).join(textAt(args, 0));
  checkSize(runtime, text.length);
  return text;
}
