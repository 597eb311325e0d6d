/** A piece of a PromQL expression. `at` is its position, for error messages. */
export interface Token {
  kind: 'number' | 'string' | 'identifier' | 'duration' | 'symbol' | 'end';
  text: string;
  at: number;
}

/** What is wrong with an expression, in Prometheus' style. */
export class PromqlError extends Error {}

const SYMBOLS = [
  '=~',
  '!~',
  '!=',
  '==',
  '>=',
  '<=',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ',',
  '=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '>',
  '<',
  '@',
  ':',
];
const MAX_LENGTH = 20_000;

export function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw new PromqlError(`query is longer than ${MAX_LENGTH} characters`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const blank = /^(\s+|#[^\n]*)/.exec(rest);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const token = nextToken(rest, at);
    tokens.push(token.token);
    at += token.length;
  }
  tokens.push({ kind: 'end', text: 'end of input', at });
  return tokens;
}

function nextToken(rest: string, at: number): { token: Token; length: number } {
  const duration = /^(\d+(ms|[smhdwy]))+(?![\w.])/.exec(rest);
  if (duration) return { token: { kind: 'duration', text: duration[0], at }, length: duration[0].length };
  const number = /^(0x[\da-fA-F]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)/.exec(rest);
  if (number) return { token: { kind: 'number', text: number[0], at }, length: number[0].length };
  const identifier = /^[A-Za-z_][\w:]*/.exec(rest);
  if (identifier)
    return { token: { kind: 'identifier', text: identifier[0], at }, length: identifier[0].length };
  const string = /^("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)/.exec(rest);
  if (string) {
    return { token: { kind: 'string', text: unquote(string[0]), at }, length: string[0].length };
  }
  const symbol = SYMBOLS.find((candidate) => rest.startsWith(candidate));
  if (symbol === undefined) {
    throw new PromqlError(`1:${at + 1}: parse error: unexpected character: ${JSON.stringify(rest[0])}`);
  }
  return { token: { kind: 'symbol', text: symbol, at }, length: symbol.length };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return quoted.startsWith('`')
    ? inner
    : inner.replaceAll(/\\(.)/g, (_all, char: string) => ESCAPES[char] ?? char);
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** `1h30m` in milliseconds. */
export function durationMs(text: string): number {
  let total = 0;
  for (const match of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 0);
  return total;
}
