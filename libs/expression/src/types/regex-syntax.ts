import { ExpressionError } from '../expression-error.js';

/** Java's named classes, as the inside of a bracket expression. */
const CLASSES: Record<string, string> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Alnum: 'A-Za-z0-9',
  Punct: '!-/:-@\\[-`{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F',
  XDigit: '0-9A-Fa-f',
  Space: ' \\t\\n\\x0B\\f\\r',
  javaLowerCase: '\\p{Ll}',
  javaUpperCase: '\\p{Lu}',
  javaWhitespace: ' \\t\\n\\x0B\\f\\r\\x{1C}-\\x{1F}\\p{Zs}',
  IsAlphabetic: '\\p{L}\\p{Nl}',
  IsDigit: '\\p{Nd}',
  IsLetter: '\\p{L}',
  IsLowercase: '\\p{Ll}',
  IsUppercase: '\\p{Lu}',
  IsPunctuation: '\\p{P}',
  IsWhite_Space: ' \\t\\n\\x0B\\f\\r\\x{85}\\p{Z}',
};

const HORIZONTAL = ' \\t\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200A}\\x{202F}\\x{205F}\\x{3000}';
const VERTICAL = '\\n\\x0B\\f\\r\\x{85}\\x{2028}\\x{2029}';
const SPACE = '\\t\\n\\x0B\\f\\r ';

/** Escapes that stand for a set of characters. */
const SETS: Record<string, { inside: string; negated: boolean }> = {
  h: { inside: HORIZONTAL, negated: false },
  H: { inside: HORIZONTAL, negated: true },
  v: { inside: VERTICAL, negated: false },
  V: { inside: VERTICAL, negated: true },
  s: { inside: SPACE, negated: false },
  S: { inside: SPACE, negated: true },
};

interface Cursor {
  readonly pattern: string;
  position: number;
  readonly dotMatchesAll: boolean;
}

/**
 * Rewrites a Java regular expression for RE2, whose matching takes linear time. What RE2 cannot do in linear time
 * (lookahead, back-references, possessive and atomic groups) or writes differently and we do not translate (set
 * intersection) is refused by name, never silently read as something else.
 * @throws ExpressionError `expression.regex_unsupported`
 */
export function translateJavaRegex(pattern: string): string {
  const cursor: Cursor = { pattern, position: 0, dotMatchesAll: /\(\?[a-zA-Z]*s/.test(pattern) };
  const parts: string[] = [];
  while (cursor.position < pattern.length) parts.push(nextPart(cursor));
  return parts.join('');
}

function nextPart(cursor: Cursor): string {
  const { pattern, position } = cursor;
  const character = pattern.charAt(position);
  if (character === '\\') return escape(cursor, false);
  if (character === '[') return bracket(cursor);
  if (character === '(') return group(cursor);
  if ('*+?}'.includes(character) && pattern.charAt(position + 1) === '+') {
    throw unsupported('possessive quantifiers such as a*+', pattern);
  }
  cursor.position += 1;
  if (character === '.' && !cursor.dotMatchesAll) return '[^\\n\\r\\x{85}\\x{2028}\\x{2029}]';
  return character;
}

function group(cursor: Cursor): string {
  const rest = cursor.pattern.slice(cursor.position, cursor.position + 4);
  if (rest.startsWith('(?=') || rest.startsWith('(?!')) throw unsupported('lookahead (?=…)', cursor.pattern);
  if (rest.startsWith('(?>')) throw unsupported('atomic groups (?>…)', cursor.pattern);
  const flags = /^\(\?([a-zA-Z-]*)[:)]/.exec(
    cursor.pattern.slice(cursor.position, cursor.position + 20),
  )?.[1];
  if (flags !== undefined && /[^imsU-]/.test(flags)) throw unsupported(`the flags ${flags}`, cursor.pattern);
  cursor.position += 1;
  return '(';
}

function escape(cursor: Cursor, insideBracket: boolean): string {
  const { pattern, position } = cursor;
  const letter = pattern.charAt(position + 1);
  const rest = pattern.slice(position);
  if (letter === 'Q') return quoted(cursor);
  const set = SETS[letter];
  if (set && Object.hasOwn(SETS, letter)) {
    cursor.position += 2;
    if (insideBracket) {
      if (set.negated && letter !== 'S') throw unsupported(`\\${letter} inside brackets`, pattern);
      return set.negated ? '\\S' : set.inside;
    }
    return `[${set.negated ? '^' : ''}${set.inside}]`;
  }
  if (letter === 'p' || letter === 'P') return namedClass(cursor, insideBracket);
  const numeric = /^\\(?:u([0-9a-fA-F]{4})|0([0-7]{1,3})|(e)|c([A-Za-z@[\]^_]))/.exec(rest);
  if (numeric) {
    cursor.position += numeric[0].length;
    return `\\x{${codePoint(numeric).toString(16)}}`;
  }
  return simpleEscape(cursor, letter);
}

function codePoint(match: RegExpExecArray): number {
  const [, hexadecimal, octal, escapeCharacter, control] = match;
  if (hexadecimal) return Number.parseInt(hexadecimal, 16);
  if (octal) return Number.parseInt(octal, 8);
  return escapeCharacter ? 0x1b : (control ?? '').toUpperCase().charCodeAt(0) ^ 64;
}

function simpleEscape(cursor: Cursor, letter: string): string {
  if (/[1-9k]/.test(letter)) throw unsupported('back-references', cursor.pattern);
  if (letter === 'G' || letter === 'X' || letter === 'N') throw unsupported(`\\${letter}`, cursor.pattern);
  cursor.position += 2;
  if (letter === 'Z') return '\\n?\\z';
  if (letter === 'R') return `(?:\\r\\n|[${VERTICAL}])`;
  return `\\${letter}`;
}

function namedClass(cursor: Cursor, insideBracket: boolean): string {
  const match = /^\\([pP])(?:\{(\^?)([^}]*)\}|(.))/.exec(cursor.pattern.slice(cursor.position));
  if (!match) throw unsupported('\\p without a name', cursor.pattern);
  const [whole, letter, caret, braced, single] = match;
  cursor.position += whole.length;
  const name = braced ?? single ?? '';
  const negated = (letter === 'P') !== (caret === '^');
  const inside = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (inside === undefined) return `\\${negated ? 'P' : 'p'}{${name.replace(/^Is|^script=|^sc=/, '')}}`;
  if (!insideBracket) return `[${negated ? '^' : ''}${inside}]`;
  if (negated) throw unsupported(`\\P{${name}} inside brackets`, cursor.pattern);
  return inside;
}

function quoted(cursor: Cursor): string {
  const end = cursor.pattern.indexOf('\\E', cursor.position);
  const literal = cursor.pattern.slice(cursor.position + 2, end === -1 ? undefined : end);
  cursor.position = end === -1 ? cursor.pattern.length : end + 2;
  return literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function bracket(cursor: Cursor): string {
  const { pattern } = cursor;
  let text = '[';
  cursor.position += 1;
  if (pattern.charAt(cursor.position) === '^') {
    text += '^';
    cursor.position += 1;
  }
  let first = true;
  while (cursor.position < pattern.length) {
    const character = pattern.charAt(cursor.position);
    if (character === ']' && !first) {
      cursor.position += 1;
      return `${text}]`;
    }
    first = false;
    if (character === '[')
      throw unsupported('a bracket inside brackets (union); write \\[ for the character', pattern);
    if (pattern.startsWith('&&', cursor.position))
      throw unsupported('intersection && inside brackets', pattern);
    if (character === '\\') {
      text += escape(cursor, true);
    } else {
      text += character;
      cursor.position += 1;
    }
  }
  return text;
}

function unsupported(feature: string, pattern: string): ExpressionError {
  return new ExpressionError(
    'expression.regex_unsupported',
    `the regular expression ${pattern} uses ${feature}, which cannot be matched in linear time`,
  );
}
