import { ExpressionError } from '../expression-error.js';

/** A template cut at its expressions: literal text, and the trimmed source of each `${…}` with its offset. */
export type TemplatePart = { literal: string } | { source: string; start: number };

export const PREFIX = '${';

/**
 * Finds the expressions of a template. The closing brace of `${` is the one that stands outside of all (), [], {} and
 * quoted texts that were opened after it, so `${'${X}'}` and `${ {a: '}'} }` are one expression each.
 * @throws ExpressionError `expression.syntax`
 */
export function splitTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let position = 0;
  while (position < template.length) {
    const start = template.indexOf(PREFIX, position);
    if (start === -1) {
      parts.push({ literal: template.slice(position) });
      break;
    }
    if (start > position) parts.push({ literal: template.slice(position, start) });
    const end = closingBrace(template, start);
    const inside = template.slice(start + PREFIX.length, end);
    const source = inside.trim();
    if (source === '') throw syntaxError('there is no expression between ${ and }', start, end + 1);
    parts.push({ source, start: start + PREFIX.length + (inside.length - inside.trimStart().length) });
    position = end + 1;
  }
  return parts;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function closingBrace(template: string, start: number): number {
  const open: { bracket: string; position: number }[] = [];
  for (let position = start + PREFIX.length; position < template.length; position += 1) {
    const character = template.charAt(position);
    if (character === '}' && open.length === 0) return position;
    if (character === "'" || character === '"') {
      const end = template.indexOf(character, position + 1);
      if (end === -1) throw syntaxError(`the text that begins here has no closing ${character}`, position);
      position = end;
    } else if (CLOSING[character] !== undefined) {
      open.push({ bracket: character, position });
    } else if (character === ')' || character === ']' || character === '}') {
      closeBracket(open.pop(), character, position);
    }
  }
  const last = open.pop();
  if (last) throw syntaxError(`the ${last.bracket} that stands here is never closed`, last.position);
  throw syntaxError('the expression that begins here has no closing }', start, start + PREFIX.length);
}

function closeBracket(
  opened: { bracket: string; position: number } | undefined,
  closing: string,
  position: number,
): void {
  if (!opened) throw syntaxError(`this ${closing} closes nothing`, position);
  if (CLOSING[opened.bracket] !== closing) {
    throw syntaxError(`this ${closing} does not close the ${opened.bracket} before it`, position);
  }
}

function syntaxError(message: string, start: number, end = start + 1): ExpressionError {
  return new ExpressionError('expression.syntax', message, { start, end });
}
