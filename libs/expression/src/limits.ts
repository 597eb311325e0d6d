/** Bounds of one evaluation. Each has an error code of its own. */
export interface ExpressionLimits {
  /** Characters of one expression, without `${` and `}`. Exceeded: `expression.too_long`. */
  maxLength: number;
  /** Nesting of brackets, operators and calls. Exceeded: `expression.too_deep`. */
  maxDepth: number;
  /**
   * Calls, and elements visited by selections and projections; 10 times as many elements (or 16 characters) may be compared,
   * printed, searched and copied. Exceeded: `expression.too_many_steps`.
   */
  maxSteps: number;
  /** Characters of a regular expression. Exceeded: `expression.regex_too_large`. */
  maxRegexLength: number;
  /**
   * Compiled size of a regular expression times the length of the text it is run on: matching takes time in
   * proportion to it. Exceeded: `expression.regex_too_large`.
   */
  maxRegexWork: number;
  /** Characters of a text, or elements of a list or map, that an expression makes. Exceeded: `expression.result_too_large`. */
  maxResultSize: number;
}

export const DEFAULT_LIMITS: ExpressionLimits = {
  maxLength: 10_000,
  maxDepth: 100,
  maxSteps: 100_000,
  maxRegexLength: 1_000,
  maxRegexWork: 5_000_000,
  maxResultSize: 10_000_000,
};
