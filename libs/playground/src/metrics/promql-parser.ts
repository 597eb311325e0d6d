import { durationMs, PromqlError, tokenize, type Token } from './promql-lexer.js';

export interface LabelCondition {
  name: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
}

export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | {
      kind: 'selector';
      name: string | undefined;
      conditions: LabelCondition[];
      rangeMs: number | undefined;
      offsetMs: number;
    }
  | { kind: 'call'; name: string; args: Expression[] }
  | {
      kind: 'aggregation';
      operator: string;
      grouping: Grouping | undefined;
      parameter: Expression | undefined;
      operand: Expression;
    }
  | {
      kind: 'binary';
      operator: string;
      left: Expression;
      right: Expression;
      isBool: boolean;
      matching: Matching | undefined;
    }
  | { kind: 'negation'; operand: Expression };

export interface Grouping {
  mode: 'by' | 'without';
  labels: string[];
}

export interface Matching {
  mode: 'on' | 'ignoring';
  labels: string[];
}

const AGGREGATIONS = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'stddev',
  'stdvar',
  'group',
  'topk',
  'bottomk',
  'quantile',
]);
const WITH_PARAMETER = new Set(['topk', 'bottomk', 'quantile']);

/** Binding strength of the operators; `^` binds to the right. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': 6,
};
const MAX_DEPTH = 100;

/** Parses a PromQL expression; throws PromqlError with the place. */
export function parsePromql(text: string): Expression {
  const parser = new Parser(tokenize(text));
  return parser.whole();
}

class Parser {
  private position = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.binary(0);
    if (this.peek().kind !== 'end') throw this.unexpected();
    return expression;
  }

  private peek(ahead = 0): Token {
    return this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)] as Token;
  }

  private take(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  private accept(text: string): boolean {
    const token = this.peek();
    const isWord = token.kind === 'symbol' || token.kind === 'identifier';
    if (!isWord || token.text !== text) return false;
    this.position += 1;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`, expected "${text}"`);
  }

  private unexpected(more = ''): PromqlError {
    const { text, at } = this.peek();
    return new PromqlError(`1:${at + 1}: parse error: unexpected ${JSON.stringify(text)}${more}`);
  }

  private binary(minimum: number): Expression {
    if (++this.depth > MAX_DEPTH) throw new PromqlError('the expression is nested too deeply');
    let left = this.unary();
    for (;;) {
      const { text, kind } = this.peek();
      const precedence = kind === 'symbol' || kind === 'identifier' ? PRECEDENCE[text] : undefined;
      if (precedence === undefined || precedence < minimum) break;
      this.take();
      const isBool = this.accept('bool');
      const matching = this.matching();
      const right = this.binary(text === '^' ? precedence : precedence + 1);
      left = { kind: 'binary', operator: text, left, right, isBool, matching };
    }
    this.depth -= 1;
    return left;
  }

  private matching(): Matching | undefined {
    for (const mode of ['on', 'ignoring'] as const) {
      if (this.peek().text === mode && this.peek(1).text === '(') {
        this.take();
        const labels = this.labelList();
        if (this.accept('group_left') || this.accept('group_right')) {
          throw new PromqlError('group_left and group_right are not supported by the playground');
        }
        return { mode, labels };
      }
    }
    return undefined;
  }

  private unary(): Expression {
    if (this.accept('-')) return { kind: 'negation', operand: this.binary(PRECEDENCE['*'] ?? 5) };
    if (this.accept('+')) return this.unary();
    return this.postfix(this.primary());
  }

  private primary(): Expression {
    const token = this.peek();
    if (this.accept('(')) {
      const inner = this.binary(0);
      this.expect(')');
      return inner;
    }
    switch (token.kind) {
      case 'number':
        this.take();
        return { kind: 'number', value: Number(token.text) };
      case 'string':
        this.take();
        return { kind: 'string', value: token.text };
      case 'identifier':
        return this.named();
      default:
        if (token.text === '{') return this.selector(undefined);
        throw this.unexpected();
    }
  }

  private named(): Expression {
    const { text } = this.peek();
    const next = this.peek(1).text;
    const constant = { inf: Infinity, nan: Number.NaN }[text.toLowerCase()];
    if (constant !== undefined && next !== '(' && next !== '{') {
      this.take();
      return { kind: 'number', value: constant };
    }
    if (AGGREGATIONS.has(text) && ['(', 'by', 'without'].includes(next)) return this.aggregation();
    this.take();
    if (this.peek().text === '(') return { kind: 'call', name: text, args: this.args() };
    return this.selector(text);
  }

  private aggregation(): Expression {
    const operator = this.take().text;
    let grouping = this.grouping();
    const args = this.args();
    grouping ??= this.grouping();
    const wanted = WITH_PARAMETER.has(operator) ? 2 : 1;
    const operand = args.at(-1);
    if (args.length !== wanted || !operand) {
      throw new PromqlError(
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    }
    return {
      kind: 'aggregation',
      operator,
      grouping,
      parameter: wanted === 2 ? args[0] : undefined,
      operand,
    };
  }

  private grouping(): Grouping | undefined {
    for (const mode of ['by', 'without'] as const) {
      if (this.accept(mode)) return { mode, labels: this.labelList() };
    }
    return undefined;
  }

  private labelList(): string[] {
    this.expect('(');
    const labels: string[] = [];
    while (!this.accept(')')) {
      if (this.peek().kind !== 'identifier') throw this.unexpected(' in grouping opts, expected label');
      labels.push(this.take().text);
      if (!this.accept(',') && this.peek().text !== ')') throw this.unexpected(' in grouping opts');
    }
    return labels;
  }

  private args(): Expression[] {
    this.expect('(');
    const args: Expression[] = [];
    while (!this.accept(')')) {
      args.push(this.binary(0));
      if (!this.accept(',') && this.peek().text !== ')') throw this.unexpected();
    }
    return args;
  }

  private selector(name: string | undefined): Expression {
    const conditions: LabelCondition[] = [];
    if (this.accept('{')) {
      while (!this.accept('}')) {
        conditions.push(this.condition());
        if (!this.accept(',') && this.peek().text !== '}')
          throw this.unexpected(' in label matching, expected "," or "}"');
      }
    }
    const isOpen =
      name === undefined &&
      !conditions.some(({ operator, value }) =>
        operator === '=' ? value !== '' : operator === '=~' && value !== '' && value !== '.*',
      );
    if (isOpen)
      throw new PromqlError('1:1: parse error: vector selector must contain at least one non-empty matcher');
    return { kind: 'selector', name, conditions, rangeMs: undefined, offsetMs: 0 };
  }

  private condition(): LabelCondition {
    if (this.peek().kind !== 'identifier')
      throw this.unexpected(' in label matching, expected identifier or "}"');
    const name = this.take().text;
    const operator = this.take().text;
    if (operator !== '=' && operator !== '!=' && operator !== '=~' && operator !== '!~') {
      this.position -= 1;
      throw this.unexpected(' in label matching, expected label matching operator');
    }
    if (this.peek().kind !== 'string') throw this.unexpected(' in label matching, expected string');
    return { name, operator, value: this.take().text };
  }

  /** Range and offset after a selector. */
  private postfix(expression: Expression): Expression {
    let result = expression;
    if (this.accept('[')) {
      if (result.kind !== 'selector')
        throw new PromqlError('ranges are only allowed for vector selectors (subqueries are not supported)');
      const token = this.take();
      if (token.kind !== 'duration')
        throw new PromqlError(`1:${token.at + 1}: parse error: missing unit character in duration`);
      this.expect(']');
      result = { ...result, rangeMs: durationMs(token.text) };
    }
    if (this.accept('offset')) {
      const sign = this.accept('-') ? -1 : 1;
      const token = this.take();
      if (token.kind !== 'duration' || result.kind !== 'selector')
        throw new PromqlError('offset needs a selector and a duration');
      result = { ...result, offsetMs: sign * durationMs(token.text) };
    }
    return result;
  }
}
