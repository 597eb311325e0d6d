import { type ExecutionState, stagesOf } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { conditionIn } from '../expressions/execution-expressions.js';
import { withEffects } from '../expressions/perform-effects.js';
import type { TaskInput } from '../stage-definition.js';

/** A condition as preconditions and waits hold it. */
export interface Condition {
  type: string;
  context: JsonObject;
}

/** What is wrong, if anything, and what the context keeps of the check. */
export interface Found {
  problem: string | undefined;
  context?: JsonObject;
}

type Check = (condition: Condition, input: TaskInput) => Found | Promise<Found>;

/** What each kind of condition finds wrong. */
const CHECKS: Readonly<Record<string, Check>> = {
  noop: () => ({ problem: undefined }),
  expression: checkExpression,
  stageStatus: ({ context }, { execution }) => ({ problem: stageProblem(context, execution) }),
  clusterSize: checkClusterSize,
};

export async function checkCondition(condition: Condition, input: TaskInput): Promise<Found> {
  const check = Object.hasOwn(CHECKS, condition.type) ? CHECKS[condition.type] : undefined;
  return check?.(condition, input) ?? { problem: `There is no condition of type "${condition.type}"` };
}

function stageProblem({ stageName, stageStatus }: JsonObject, execution: ExecutionState): string | undefined {
  const stage = stagesOf(execution).find(({ name }) => name === stageName);
  if (stage === undefined) return `Stage "${String(stageName)}" does not exist`;
  if (stage.status === stageStatus) return undefined;
  return `Stage "${stage.name}" is ${stage.status}, not ${String(stageStatus)}`;
}

/** True is true, as a value or as text; whatever else comes of the expression fails the check. */
async function checkExpression({ context: given }: Condition, input: TaskInput): Promise<Found> {
  const { execution, stage, now, ports, signal } = input;
  const { allowInternalHosts } = ports.expressions;
  const expression = String(given['expression'] ?? '');
  const { result } = await withEffects(
    ports,
    (effects) => conditionIn(execution, stage.id, expression, { now, effects, allowInternalHosts }),
    { application: execution.application, signal },
  );
  const context = { context: { ...given, expressionResult: result.text } };
  const why = result.errors.map(({ message }) => `: ${message}`).join('');
  return { problem: result.value ? undefined : `"${expression}" is ${result.text}${why}`, context };
}

const COMPARISONS: Readonly<Record<string, (actual: number, expected: number) => boolean>> = {
  '==': (actual, expected) => actual === expected,
  '!=': (actual, expected) => actual !== expected,
  '<': (actual, expected) => actual < expected,
  '<=': (actual, expected) => actual <= expected,
  '>': (actual, expected) => actual > expected,
  '>=': (actual, expected) => actual >= expected,
};

/** Counts the server groups of a cluster in each of the regions. */
async function checkClusterSize({ context }: Condition, { execution, ports }: TaskInput): Promise<Found> {
  const { cluster, credentials, account } = context;
  const comparison = String(context['comparison'] ?? '==');
  const expected = Number(context['expected']);
  const compare = Object.hasOwn(COMPARISONS, comparison) ? COMPARISONS[comparison] : undefined;
  if (typeof cluster !== 'string' || cluster === '') return { problem: 'cluster is missing: which one?' };
  if (compare === undefined || !Number.isInteger(expected)) {
    return {
      problem: `expected must be a whole number, and comparison one of ${Object.keys(COMPARISONS).join(' ')}`,
    };
  }
  const regions = Array.isArray(context['regions']) ? context['regions'].map(String) : [];
  const groups = await ports.inventory.serverGroups({
    application: String(context['application'] ?? execution.application),
    account: String(credentials ?? account ?? ''),
    cluster,
  });
  const counted = groups.filter(({ disabled }) => !(context['onlyEnabledServerGroups'] === true && disabled));
  const wrong = (regions.length === 0 ? [undefined] : regions).flatMap((region) => {
    const count = counted.filter((group) => region === undefined || group.region === region).length;
    if (compare(count, expected)) return [];
    const where = region === undefined ? '' : ` in ${region}`;
    return [`cluster ${cluster} has ${count} server groups${where}, expected ${comparison} ${expected}`];
  });
  return { problem: wrong.length === 0 ? undefined : wrong.join('; ') };
}
