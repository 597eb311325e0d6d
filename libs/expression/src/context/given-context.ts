import { ObjectSource } from '../values/context-source.js';
import { buildExecutionContext, type ExecutionContext } from './execution-context.js';
import { objectOf, type StageJson } from './execution-json.js';

/**
 * The context of expressions that somebody tries out on values of their own. An `execution` and a `trigger` in it are
 * taken as such, so that `#stage(…)` and `parameters` work as in a pipeline.
 */
export function givenContext(
  given: Readonly<Record<string, unknown>>,
  evaluator?: string,
): Pick<ExecutionContext, 'root'> & Partial<ExecutionContext> {
  const { execution, trigger, ...own } = given;
  if (execution === undefined && trigger === undefined) return { root: new ObjectSource(given) };
  const json = objectOf(execution);
  const stages = Array.isArray(json['stages']) ? (json['stages'] as unknown[]) : [];
  return buildExecutionContext({
    execution: {
      ...json,
      trigger: objectOf(trigger ?? json['trigger']),
      stages: stages.map((stage): StageJson => objectOf(stage)),
    },
    context: own,
    ...(evaluator === undefined ? {} : { evaluator }),
  });
}
