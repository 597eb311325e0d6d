/** The part of spel2js that the bench calls; the package has no types of its own. */
declare module 'spel2js' {
  interface Compiled {
    eval(context: unknown, locals?: unknown): unknown;
  }
  export const SpelExpressionEvaluator: { compile(expression: string): Compiled };
}
