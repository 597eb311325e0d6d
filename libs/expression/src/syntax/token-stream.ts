import { ExpressionError } from '../expression-error.js';
import type { Punctuation, Token } from './token.js';

/** A cursor over tokens, with the questions that a parser asks of it. */
export class TokenStream {
  private position = 0;
  private depth = 0;

  constructor(
    readonly text: string,
    private readonly tokens: Token[],
    private readonly maxDepth: number,
  ) {}

  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)];
    if (!token) throw new ExpressionError('expression.syntax', 'the expression is empty', { start: 0 });
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  is(text: Punctuation, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'punctuation' && token.text === text;
  }

  isOneOf(texts: readonly Punctuation[]): boolean {
    const token = this.peek();
    return token.kind === 'punctuation' && texts.includes(token.text);
  }

  /** Keywords are read in any case, as Spring reads them. */
  isWord(word: string): boolean {
    const token = this.peek();
    return token.kind === 'name' && token.text.toLowerCase() === word;
  }

  takeIf(text: Punctuation): Token | undefined {
    return this.is(text) ? this.next() : undefined;
  }

  take(text: Punctuation, why: string): Token {
    if (this.is(text)) return this.next();
    throw this.unexpected(`expected ${text} ${why}`);
  }

  takeName(why: string): { text: string; start: number; end: number } {
    const token = this.peek();
    if (token.kind === 'name') {
      this.next();
      return token;
    }
    // `div`, `mod`, `eq` … are operators, but after a dot only a name can stand.
    if (token.kind === 'punctuation' && token.word !== undefined) {
      this.next();
      return { text: token.word, start: token.start, end: token.end };
    }
    throw this.unexpected(`expected a name ${why}`);
  }

  unexpected(message: string): ExpressionError {
    const token = this.peek();
    const found =
      token.kind === 'end' ? 'the end of the expression' : this.text.slice(token.start, token.end);
    return new ExpressionError('expression.syntax', `${message}, found ${found}`, {
      start: token.start,
      end: token.end,
      found,
    });
  }

  /** Runs `parse` one level deeper, so that hostile nesting ends in an error and not in a stack overflow. */
  nested<T>(parse: () => T): T {
    this.depth += 1;
    if (this.depth > this.maxDepth) {
      const { start, end } = this.peek();
      throw new ExpressionError(
        'expression.too_deep',
        `the expression is nested more than ${this.maxDepth} levels deep`,
        { start, end },
      );
    }
    const result = parse();
    this.depth -= 1;
    return result;
  }
}
