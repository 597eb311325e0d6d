import type { ExpressionErrorCode, SpinnakerExceptionType } from '../expression-error.js';

/** One expression that could not be evaluated, for people and for programs. */
export interface ExpressionFailure {
  /** JSON path of the text in the evaluated tree: `manifests[0].metadata.name`; '' for a lone text. */
  path: string;
  /** The expression without `${` and `}`; of a text with several, the one that failed. */
  expression: string;
  /** Where in the text the failure is, from 1. */
  column: number;
  /** Whole sentence: "no property `imagee` on trigger.artifacts[0]; did you mean `image`?" */
  message: string;
  code: ExpressionErrorCode;
  found?: string;
  suggestion?: string;
  /** INFO: the expression gave null. ERROR: it could not be evaluated. */
  level: 'INFO' | 'ERROR';
  exceptionType?: SpinnakerExceptionType;
}

/** Spinnaker's `expressionEvaluationSummary`: failures by the text of the expression without `${` and `}`. */
export type ExpressionEvaluationSummary = Record<
  string,
  { level: 'INFO' | 'ERROR'; timestamp: number; description: string; exceptionType: string | null }[]
>;
