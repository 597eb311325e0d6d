import { GennakerError } from '@gennaker/kernel';

/** What went wrong, in a form that programs compare. Every limit has a code of its own. */
export type ExpressionErrorCode =
  | 'expression.syntax'
  | 'expression.too_long'
  | 'expression.too_deep'
  | 'expression.too_many_steps'
  | 'expression.regex_too_large'
  | 'expression.regex_unsupported'
  | 'expression.result_too_large'
  | 'expression.unknown_property'
  | 'expression.null_value'
  | 'expression.unknown_method'
  | 'expression.unknown_function'
  | 'expression.unknown_type'
  | 'expression.not_allowed'
  | 'expression.wrong_type'
  | 'expression.bad_argument'
  | 'expression.arithmetic'
  | 'expression.out_of_range'
  | 'expression.function_failed'
  | 'expression.not_resolved';

export interface ExpressionErrorDetails {
  /** Offset of the first character that the error is about, in the expression (without its `${`). */
  start?: number;
  end?: number;
  /** What stood there: a type, a value's beginning, the keys that exist. */
  found?: string;
  /** The nearest name that does exist. */
  suggestion?: string;
}

/** The name of the exception that Spinnaker would have recorded, kept so that its users' tooling goes on working. */
export type SpinnakerExceptionType =
  'SpelParseException' | 'SpelEvaluationException' | 'SpelHelperFunctionException';

/** The only error that leaves this library for something that an expression's author can cause. */
export class ExpressionError extends GennakerError {
  override readonly status: number = 400;
  start: number | undefined;
  end: number | undefined;
  readonly found: string | undefined;
  readonly suggestion: string | undefined;

  constructor(code: ExpressionErrorCode, message: string, details: ExpressionErrorDetails = {}) {
    super(code, message);
    this.start = details.start;
    this.end = details.end;
    this.found = details.found;
    this.suggestion = details.suggestion;
  }

  get exceptionType(): SpinnakerExceptionType {
    if (this.code === 'expression.syntax' || this.code === 'expression.too_long') return 'SpelParseException';
    if (this.code === 'expression.function_failed') return 'SpelHelperFunctionException';
    return 'SpelEvaluationException';
  }

  /** Gives the error the place of the tree node that was being evaluated, unless it already has a more exact one. */
  at(start: number, end: number): this {
    if (this.start === undefined) {
      this.start = start;
      this.end = end;
    }
    return this;
  }
}
