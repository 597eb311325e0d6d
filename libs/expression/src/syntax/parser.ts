import { ExpressionError } from '../expression-error.js';
import { DEFAULT_LIMITS, type ExpressionLimits } from '../limits.js';
import { tokenize } from './lexer.js';
import { parsePrimary } from './primary-parser.js';
import { TokenStream } from './token-stream.js';
import type { Punctuation } from './token.js';
import type { BinaryOperator, ExpressionNode } from './tree.js';

const RELATIONS: readonly Punctuation[] = ['==', '!=', '<', '<=', '>', '>='];
const WORD_RELATIONS = ['matches', 'between', 'instanceof'] as const;
/** Chains of equal operators (`a + b + c …`) nest to the left without brackets; they get this much more room. */
const CHAIN_FACTOR = 10;

/**
 * Parses one expression (without `${` and `}`) by recursive descent. The grammar and its precedences are Spring's:
 * ternary and Elvis, or, and, one relation, sum, product, power, unary, then a primary with its dots and brackets.
 * @throws ExpressionError `expression.syntax`, `expression.too_long` or `expression.too_deep`
 */
export function parseExpression(text: string, limits: ExpressionLimits = DEFAULT_LIMITS): ExpressionNode {
  if (text.length > limits.maxLength) {
    throw new ExpressionError(
      'expression.too_long',
      `the expression has ${text.length} characters; at most ${limits.maxLength} are allowed`,
      { start: 0, end: text.length },
    );
  }
  const tokens = new TokenStream(text, tokenize(text), limits.maxDepth);
  const parser = new Parser(tokens, limits.maxDepth * CHAIN_FACTOR);
  const tree = parser.expression();
  if (tokens.peek().kind !== 'end') {
    if (tokens.isOneOf(['++', '--', '='])) throw assignmentError(tokens);
    throw tokens.unexpected('expected an operator or the end');
  }
  return tree;
}

function assignmentError(tokens: TokenStream): ExpressionError {
  const { start, end, text } = tokens.peek();
  const hint = text === '=' ? '; to compare, write ==' : '';
  return new ExpressionError(
    'expression.not_allowed',
    `${text} would assign, and expressions only read${hint}`,
    {
      start,
      end,
      found: text,
    },
  );
}

/** The levels of precedence, loosest first; each calls the next tighter one. */
export class Parser {
  private chain = 0;

  constructor(
    private readonly tokens: TokenStream,
    private readonly maxChain: number,
  ) {}

  expression(): ExpressionNode {
    return this.tokens.nested(() => {
      const first = this.logicalOr();
      if (this.tokens.is('=')) throw assignmentError(this.tokens);
      if (this.tokens.takeIf('?:')) {
        const fallback = this.expression();
        return { kind: 'elvis', value: first, fallback, start: first.start, end: fallback.end };
      }
      if (!this.tokens.takeIf('?')) return first;
      const whenTrue = this.expression();
      this.tokens.take(':', 'between the two results of the ternary ?');
      const whenFalse = this.expression();
      return {
        kind: 'ternary',
        condition: first,
        whenTrue,
        whenFalse,
        start: first.start,
        end: whenFalse.end,
      };
    });
  }

  private logicalOr(): ExpressionNode {
    let left = this.logicalAnd();
    while (this.tokens.is('||') || this.tokens.isWord('or')) {
      this.tokens.next();
      const right = this.logicalAnd();
      left = this.link({ kind: 'logical', operator: 'or', left, right, start: left.start, end: right.end });
    }
    return left;
  }

  private logicalAnd(): ExpressionNode {
    let left = this.relation();
    while (this.tokens.is('&&') || this.tokens.isWord('and')) {
      this.tokens.next();
      const right = this.relation();
      left = this.link({ kind: 'logical', operator: 'and', left, right, start: left.start, end: right.end });
    }
    return left;
  }

  private relation(): ExpressionNode {
    const left = this.sum();
    const operator = this.takeRelation();
    if (!operator) return left;
    const right = this.sum();
    return { kind: 'binary', operator, left, right, start: left.start, end: right.end };
  }

  private takeRelation(): BinaryOperator | undefined {
    if (this.tokens.isOneOf(RELATIONS)) return this.tokens.next().text as BinaryOperator;
    const word = WORD_RELATIONS.find((candidate) => this.tokens.isWord(candidate));
    if (word) this.tokens.next();
    return word;
  }

  private sum(): ExpressionNode {
    let left = this.product();
    while (this.tokens.isOneOf(['+', '-'])) {
      const operator = this.tokens.next().text as BinaryOperator;
      const right = this.product();
      left = this.link({ kind: 'binary', operator, left, right, start: left.start, end: right.end });
    }
    return left;
  }

  private product(): ExpressionNode {
    let left = this.power();
    while (this.tokens.isOneOf(['*', '/', '%'])) {
      const operator = this.tokens.next().text as BinaryOperator;
      const right = this.power();
      left = this.link({ kind: 'binary', operator, left, right, start: left.start, end: right.end });
    }
    return left;
  }

  private power(): ExpressionNode {
    const left = this.unary();
    if (!this.tokens.takeIf('^')) return left;
    const right = this.unary();
    return { kind: 'binary', operator: '^', left, right, start: left.start, end: right.end };
  }

  private unary(): ExpressionNode {
    if (this.tokens.isOneOf(['++', '--'])) throw assignmentError(this.tokens);
    if (!this.tokens.isOneOf(['!', '-', '+'])) return parsePrimary(this.tokens, () => this.expression());
    return this.tokens.nested(() => {
      const token = this.tokens.next();
      const operand = this.unary();
      const operator = token.text as '!' | '-' | '+';
      return { kind: 'unary', operator, operand, start: token.start, end: operand.end };
    });
  }

  private link(node: ExpressionNode): ExpressionNode {
    this.chain += 1;
    if (this.chain > this.maxChain) {
      throw new ExpressionError(
        'expression.too_deep',
        `the expression has more than ${this.maxChain} operators in a row`,
        { start: node.start, end: node.end },
      );
    }
    return node;
  }
}
