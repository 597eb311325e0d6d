import { ExpressionError } from '../expression-error.js';
import { double, float, longValue, type Value } from '../values/value.js';
import type { TokenStream } from './token-stream.js';
import type { Token } from './token.js';
import type { ExpressionNode, SelectionNode } from './tree.js';

type ParseExpression = () => ExpressionNode;

/** Dots and brackets in a row; each is one level of the tree that is evaluated in a loop, so many are harmless. */
const MAX_PARTS = 1_000;

/** A start (`trigger`, `'text'`, `#fn()`, `{…}`, `(…)` …) and what follows it: `.name`, `.call()`, `[index]`, `?.name`, `.?[…]`. */
export function parsePrimary(tokens: TokenStream, expression: ParseExpression): ExpressionNode {
  const first = parseStart(tokens, expression);
  const parts = [first];
  for (;;) {
    const part = parseFollowing(tokens, expression);
    if (!part) break;
    parts.push(part);
    if (parts.length > MAX_PARTS) {
      throw new ExpressionError(
        'expression.too_deep',
        `more than ${MAX_PARTS} dots and brackets in a row`,
        part,
      );
    }
  }
  const last = parts.at(-1) ?? first;
  return parts.length === 1 ? first : { kind: 'compound', parts, start: first.start, end: last.end };
}

function parseFollowing(tokens: TokenStream, expression: ParseExpression): ExpressionNode | undefined {
  if (tokens.is('[')) return parseIndex(tokens, expression, false);
  const dot = tokens.takeIf('.') ?? tokens.takeIf('?.');
  if (!dot) return undefined;
  const nullSafe = dot.text === '?.';
  if (nullSafe && tokens.is('[')) return parseIndex(tokens, expression, true);
  if (tokens.is('#')) return parseHash(tokens, expression);
  const bracketed = parseSelectionOrProjection(tokens, expression, nullSafe);
  return bracketed ?? parseMethodOrProperty(tokens, expression, nullSafe);
}

function parseStart(tokens: TokenStream, expression: ParseExpression): ExpressionNode {
  const token = tokens.peek();
  if (token.kind === 'string') {
    tokens.next();
    return { kind: 'literal', value: token.text, start: token.start, end: token.end };
  }
  if (token.kind === 'number') {
    tokens.next();
    return { kind: 'literal', value: numberValue(token), start: token.start, end: token.end };
  }
  if (token.kind === 'name') return parseNamed(tokens, expression, token);
  if (token.kind === 'punctuation' && token.word !== undefined && tokens.is('(', 1)) {
    throw tokens.unexpected(`\`${token.word}\` is an operator and needs a value before it`);
  }
  return parsePunctuated(tokens, expression);
}

function parsePunctuated(tokens: TokenStream, expression: ParseExpression): ExpressionNode {
  if (tokens.is('(')) {
    const open = tokens.next();
    const inner = expression();
    const close = tokens.take(')', 'to close the ( before it');
    return { ...inner, start: open.start, end: close.end };
  }
  if (tokens.is('#')) return parseHash(tokens, expression);
  if (tokens.is('{')) return parseListOrMap(tokens, expression);
  if (tokens.is('[')) return parseIndex(tokens, expression, false);
  if (tokens.is('@')) {
    const { start, end } = tokens.peek();
    throw new ExpressionError(
      'expression.not_allowed',
      'bean references (@name) are not available in pipelines',
      {
        start,
        end,
      },
    );
  }
  const bracketed = parseSelectionOrProjection(tokens, expression, false);
  if (bracketed) return bracketed;
  throw tokens.unexpected('expected a value');
}

function parseNamed(tokens: TokenStream, expression: ParseExpression, token: Token): ExpressionNode {
  const { start, end } = token;
  const word = token.text.toLowerCase();
  if (!tokens.is('(', 1)) {
    if (word === 'true' || word === 'false') {
      tokens.next();
      return { kind: 'literal', value: word === 'true', start, end };
    }
    if (word === 'null') {
      tokens.next();
      return { kind: 'literal', value: null, start, end };
    }
    if (word === 'new' && tokens.peek(1).kind === 'name') return parseConstructor(tokens, expression);
  }
  if (token.text === 'T' && tokens.is('(', 1)) return parseType(tokens);
  return parseMethodOrProperty(tokens, expression, false);
}

function parseMethodOrProperty(
  tokens: TokenStream,
  expression: ParseExpression,
  nullSafe: boolean,
): ExpressionNode {
  const name = tokens.takeName('of a property or method');
  if (!tokens.is('(')) {
    return { kind: 'property', name: name.text, nullSafe, start: name.start, end: name.end };
  }
  const list = parseArguments(tokens, expression);
  return {
    kind: 'method',
    name: name.text,
    arguments: list.items,
    nullSafe,
    start: name.start,
    end: list.end,
  };
}

function parseArguments(
  tokens: TokenStream,
  expression: ParseExpression,
): { items: ExpressionNode[]; end: number } {
  tokens.take('(', 'to begin the arguments');
  const items: ExpressionNode[] = [];
  while (!tokens.is(')')) {
    items.push(expression());
    if (!tokens.takeIf(',')) break;
  }
  const close = tokens.take(')', 'or , in the arguments');
  return { items, end: close.end };
}

function parseHash(tokens: TokenStream, expression: ParseExpression): ExpressionNode {
  const hash = tokens.take('#', 'before a variable');
  const name = tokens.takeName('after #');
  if (!tokens.is('(')) return { kind: 'variable', name: name.text, start: hash.start, end: name.end };
  const list = parseArguments(tokens, expression);
  return { kind: 'function', name: name.text, arguments: list.items, start: hash.start, end: list.end };
}

function parseIndex(tokens: TokenStream, expression: ParseExpression, nullSafe: boolean): ExpressionNode {
  const open = tokens.take('[', 'before an index');
  const index = expression();
  const close = tokens.take(']', 'after the index');
  return { kind: 'index', index, nullSafe, start: open.start, end: close.end };
}

const SELECTIONS: Record<string, SelectionNode['which']> = { '?[': 'all', '^[': 'first', '$[': 'last' };

function parseSelectionOrProjection(
  tokens: TokenStream,
  expression: ParseExpression,
  nullSafe: boolean,
): ExpressionNode | undefined {
  const { start, text } = tokens.peek();
  if (tokens.is('![')) {
    tokens.next();
    const inner = expression();
    const { end } = tokens.take(']', 'to close the projection');
    return { kind: 'projection', expression: inner, nullSafe, start, end };
  }
  const which = tokens.isOneOf(['?[', '^[', '$[']) ? SELECTIONS[text] : undefined;
  if (!which) return undefined;
  tokens.next();
  const criteria = expression();
  const { end } = tokens.take(']', 'to close the selection');
  return { kind: 'selection', which, criteria, nullSafe, start, end };
}

function parseListOrMap(tokens: TokenStream, expression: ParseExpression): ExpressionNode {
  const { start } = tokens.take('{', 'to begin a list or map');
  if (tokens.is(':') && tokens.is('}', 1)) {
    tokens.next();
    const { end } = tokens.next();
    return { kind: 'map', entries: [], start, end };
  }
  if (tokens.is('}')) return { kind: 'list', items: [], start, end: tokens.next().end };
  const first = expression();
  if (tokens.takeIf(':')) return parseMap(tokens, expression, { start, firstKey: first });
  const items = [first];
  while (tokens.takeIf(',')) items.push(expression());
  const { end } = tokens.take('}', 'or , in the list');
  return { kind: 'list', items, start, end };
}

function parseMap(
  tokens: TokenStream,
  expression: ParseExpression,
  begun: { start: number; firstKey: ExpressionNode },
): ExpressionNode {
  const entries = [{ key: begun.firstKey, value: expression() }];
  while (tokens.takeIf(',')) {
    const key = expression();
    tokens.take(':', 'between key and value');
    entries.push({ key, value: expression() });
  }
  const { end } = tokens.take('}', 'or , in the map');
  return { kind: 'map', entries, start: begun.start, end };
}

/** `java.util.Date`, also with a leading package in any depth. */
function parseTypeName(tokens: TokenStream): { text: string; start: number; end: number } {
  const first = tokens.takeName('of a type');
  let text = first.text;
  let end = first.end;
  while (tokens.is('.')) {
    tokens.next();
    const part = tokens.takeName('after the dot of a type');
    text += `.${part.text}`;
    end = part.end;
  }
  return { text, start: first.start, end };
}

function parseType(tokens: TokenStream): ExpressionNode {
  const { start } = tokens.next();
  tokens.take('(', 'after T');
  const name = parseTypeName(tokens);
  let dimensions = 0;
  while (tokens.takeIf('[')) {
    tokens.take(']', 'after [ of an array type');
    dimensions += 1;
  }
  const { end } = tokens.take(')', 'after the name of the type');
  return { kind: 'type', name: name.text, dimensions, start, end };
}

function parseConstructor(tokens: TokenStream, expression: ParseExpression): ExpressionNode {
  const { start } = tokens.next();
  const name = parseTypeName(tokens);
  if (tokens.is('(')) {
    const list = parseArguments(tokens, expression);
    return { kind: 'construct', name: name.text, arguments: list.items, start, end: list.end };
  }
  if (!tokens.is('[')) throw tokens.unexpected(`expected ( after new ${name.text}`);
  const sizes: (ExpressionNode | undefined)[] = [];
  let end = name.end;
  while (tokens.takeIf('[')) {
    sizes.push(tokens.is(']') ? undefined : expression());
    end = tokens.take(']', 'after the size of the array').end;
  }
  const items = tokens.is('{') ? parseListOrMap(tokens, expression) : undefined;
  return { kind: 'array', name: name.text, sizes, items, start, end: items?.end ?? end };
}

const INT_MAX = 0x7fff_ffff;
const LONG_MAX = 0x7fff_ffff_ffff_ffffn;

function numberValue(token: Token & { kind: 'number' }): Value {
  const { text, form, start, end } = token;
  switch (form) {
    case 'double':
      return double(Number(text));
    case 'float':
      return float(Number(text));
    case 'int':
    case 'hexInt': {
      const value = Number(form === 'hexInt' ? `0x${text}` : text);
      if (value <= INT_MAX) return value;
      throw new ExpressionError(
        'expression.syntax',
        `${text} is too large for an int; write ${text}L for a long`,
        {
          start,
          end,
          found: text,
        },
      );
    }
    case 'long':
    case 'hexLong': {
      const value = BigInt(form === 'hexLong' ? `0x${text}` : text);
      if (value <= LONG_MAX) return longValue(value);
      throw new ExpressionError('expression.syntax', `${text} is too large for a long`, {
        start,
        end,
        found: text,
      });
    }
  }
}
