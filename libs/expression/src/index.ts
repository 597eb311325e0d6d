export { checkPipeline, type ExpressionProblem } from './check/check-pipeline.js';
export { ancestorsOf } from './context/ancestors.js';
export {
  buildExecutionContext,
  type ExecutionContext,
  type ExecutionContextInput,
} from './context/execution-context.js';
export type { ExecutionJson, StageJson } from './context/execution-json.js';
export { givenContext } from './context/given-context.js';
export { jsonLookup, StageContext, type AncestorLookup } from './context/stage-context.js';
export {
  compile,
  evaluatorFor,
  type CompiledExpression,
  type EvaluationOptions,
  type ExpressionContext,
} from './evaluate/compiled-expression.js';
export {
  effectKey,
  EffectNeeded,
  type EffectName,
  type EffectRequest,
  type EffectResult,
} from './evaluate/effect.js';
export type { ExecutionAccess, StageAccess } from './evaluate/execution-access.js';
export type { EvaluationEnvironment } from './evaluate/runtime.js';
export { explain, type Explanation } from './explain.js';
export type { ExplainedStep } from './evaluate/trace.js';
export { ExpressionError, type ExpressionErrorCode } from './expression-error.js';
export { functionCatalogue, type FunctionDocumentation } from './functions/catalogue.js';
export { urlProblem } from './functions/url-rules.js';
export { DEFAULT_LIMITS, type ExpressionLimits } from './limits.js';
export {
  evaluateCondition,
  evaluateStageEnabled,
  type ConditionResult,
  type StageEnabled,
} from './template/condition.js';
export { evaluateMentions } from './template/evaluate-mentions.js';
export {
  evaluateTemplate,
  evaluateTree,
  evaluateWithEffects,
  type TreeResult,
} from './template/evaluate-tree.js';
export type { ExpressionEvaluationSummary, ExpressionFailure } from './template/expression-failure.js';
export {
  evaluateStageContext,
  evaluateVariables,
  evaluatorVersion,
  variableOutputs,
  type EvaluatorVersion,
  type Variable,
} from './template/stage-evaluation.js';
export { ContextSource, ObjectSource } from './values/context-source.js';
export type { Value } from './values/value.js';
