import { ExpressionError } from '../expression-error.js';
import type { NumberForm, Punctuation, Token } from './token.js';

/** Longest first, so that `?.` is not read as `?` and `.`. */
const PUNCTUATION: Punctuation[] = [
  '?.',
  '?:',
  '?[',
  '^[',
  '$[',
  '![',
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '++',
  '--',
  ...('()[]{},:.#@?!=<>+-*/%^&'.split('') as Punctuation[]),
];
const BY_FIRST_CHARACTER = new Map<string, Punctuation[]>();
for (const text of PUNCTUATION) {
  const first = text.charAt(0);
  BY_FIRST_CHARACTER.set(first, [...(BY_FIRST_CHARACTER.get(first) ?? []), text]);
}

/** Words that stand for an operator, in any case. */
const WORD_OPERATORS = new Map<string, Punctuation>([
  ['div', '/'],
  ['mod', '%'],
  ['eq', '=='],
  ['ne', '!='],
  ['lt', '<'],
  ['le', '<='],
  ['gt', '>'],
  ['ge', '>='],
  ['not', '!'],
]);

const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const WHITE_SPACE = /[\s\0]+/y;
const HEXADECIMAL = /0[xX]([0-9a-fA-F]*)([lL]?)/y;
const DECIMAL = /(\d+)(\.\d+)?([eE][+-]?\d+)?([lLfFdD]?)/y;

/**
 * Cuts the text of one expression (without `${` and `}`) into tokens, the last of which is `end`. Follows the
 * Spring Expression Language: a backslash in a string is an ordinary character, a quote is doubled to be written.
 * @throws ExpressionError `expression.syntax` at the character that cannot begin or end a token.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const space = matchAt(WHITE_SPACE, text, position);
    if (space) {
      position += space[0].length;
      continue;
    }
    const token = nextToken(text, position);
    tokens.push(token);
    position = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

function nextToken(text: string, start: number): Token {
  const first = text.charAt(start);
  if (first === "'" || first === '"') return stringToken(text, start, first);
  if (first >= '0' && first <= '9') return numberToken(text, start);
  const punctuation = BY_FIRST_CHARACTER.get(first)?.find((candidate) => text.startsWith(candidate, start));
  if (punctuation) {
    return { kind: 'punctuation', text: punctuation, start, end: start + punctuation.length };
  }
  const name = matchAt(NAME, text, start);
  if (name) return nameToken(name[0], start);
  throw new ExpressionError('expression.syntax', describeStray(text, start), {
    start,
    end: start + 1,
    found: first,
  });
}

function nameToken(name: string, start: number): Token {
  const end = start + name.length;
  const operator = name.length <= 3 ? WORD_OPERATORS.get(name.toLowerCase()) : undefined;
  if (operator) return { kind: 'punctuation', text: operator, start, end, word: name };
  return { kind: 'name', text: name, start, end };
}

function stringToken(text: string, start: number, quote: string): Token {
  let end = start + 1;
  for (;;) {
    end = text.indexOf(quote, end);
    if (end === -1) {
      throw new ExpressionError('expression.syntax', `the text that begins here has no closing ${quote}`, {
        start,
        end: text.length,
        found: text.slice(start, start + 20),
      });
    }
    if (text.charAt(end + 1) !== quote) break;
    end += 2;
  }
  const value = text.slice(start + 1, end).replaceAll(quote + quote, quote);
  return { kind: 'string', text: value, start, end: end + 1 };
}

function numberToken(text: string, start: number): Token {
  const hexadecimal = matchAt(HEXADECIMAL, text, start);
  if (hexadecimal) return hexadecimalToken(hexadecimal, start);
  const [whole = '', integer = '', fraction = '', exponent = '', suffix = ''] =
    matchAt(DECIMAL, text, start) ?? [];
  const end = start + whole.length;
  const form = decimalForm(fraction !== '' || exponent !== '', suffix.toLowerCase());
  if (!form) {
    throw new ExpressionError('expression.syntax', `${whole} has a fraction, so it cannot be a long`, {
      start,
      end,
    });
  }
  return { kind: 'number', text: integer + fraction + exponent, form, start, end };
}

function hexadecimalToken([whole = '', digits = '', long = '']: RegExpExecArray, start: number): Token {
  const end = start + whole.length;
  if (digits !== '') return { kind: 'number', text: digits, form: long ? 'hexLong' : 'hexInt', start, end };
  throw new ExpressionError('expression.syntax', `${whole} has no digits`, { start, end });
}

const SUFFIX_FORMS: Readonly<Record<string, NumberForm>> = { l: 'long', f: 'float', d: 'double' };

function decimalForm(isReal: boolean, suffix: string): NumberForm | undefined {
  if (suffix === 'l' && isReal) return undefined;
  return SUFFIX_FORMS[suffix] ?? (isReal ? 'double' : 'int');
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function describeStray(text: string, start: number): string {
  const character = text.charAt(start);
  if (character === '\\') return 'a backslash is only allowed inside a quoted text';
  if (character === '|') return 'a single | is not an operator; logical or is written || or `or`';
  return `unexpected character ${JSON.stringify(character)}`;
}
