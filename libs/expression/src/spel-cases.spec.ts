import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  buildExecutionContext,
  effectKey,
  evaluateCondition,
  evaluateStageContext,
  evaluateStageEnabled,
  evaluateTree,
  evaluateVariables,
  evaluatorVersion,
  StageContext,
  jsonLookup,
  urlProblem,
  variableOutputs,
  type EffectResult,
  type EvaluationOptions,
  type ExecutionJson,
  type ExpressionContext,
  type StageEnabled,
  type StageJson,
  type Variable,
} from './index.js';

interface Case {
  id: string;
  kind: string;
  context: Record<string, unknown>;
  input: unknown;
  expected: unknown;
  allow_unknown_keys?: boolean;
  match?: 'subset';
  spel_version?: string;
  stage_type?: string;
  failures?: number;
  expected_summary?: { entries: number; level?: string; exceptionType?: string };
}

type FixtureStage = StageJson & { parentRefId?: string };

function load(name: string): Case[] {
  return JSON.parse(readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url), 'utf8')) as Case[];
}

/** Statuses are texts; the fixtures mark them as enums. */
function plainEnums(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainEnums);
  if (typeof value !== 'object' || value === null) return value;
  if ('$enum' in value) return value.$enum;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainEnums(item)]));
}

function executionOf(context: Record<string, unknown>): ExecutionJson {
  const given = (context['execution'] ?? { stages: [] }) as ExecutionJson;
  const trigger = (context['trigger'] ?? given.trigger) as Record<string, unknown> | undefined;
  const stages = (given.stages as FixtureStage[]).map((stage, index) => ({
    ...stage,
    id: stage.id ?? `id-${stage.refId ?? index}`,
    ...(stage.parentRefId === undefined ? {} : { parentStageId: `id-${stage.parentRefId}` }),
  }));
  return { type: 'PIPELINE', ...given, trigger, stages };
}

function stageIdOf(context: Record<string, unknown>, execution: ExecutionJson): string | undefined {
  const refId = context['currentStageRefId'];
  const id = context['currentStageId'] as string | undefined;
  return id ?? execution.stages.find((stage) => refId !== undefined && stage.refId === refId)?.id;
}

/** The stored artifacts and the known pipelines of a fixture, as results of effects. */
function effectsOf(context: Record<string, unknown>): Record<string, EffectResult> {
  const effects: Record<string, EffectResult> = {};
  for (const [reference, text] of Object.entries(
    (context['artifactStore'] ?? {}) as Record<string, string>,
  )) {
    const value = Buffer.from(text).toString('base64');
    effects[effectKey({ function: 'fetchReference', args: [reference] })] = { value };
  }
  const pipelines = (context['front50'] ?? {}) as Record<string, Record<string, { id: string }>>;
  for (const name of ['my-pipeline', 'does-not-exist-pipeline']) {
    const value = pipelines['my-application']?.[name]?.id ?? null;
    effects[effectKey({ function: 'pipelineId', args: [name, 'my-application'] })] = { value };
  }
  return effects;
}

interface Prepared {
  root: ExpressionContext;
  options: EvaluationOptions;
  execution: ExecutionJson;
  stageId: string | undefined;
}

function prepare(testCase: Case): Prepared {
  const given = expandGenerated(plainEnums(testCase.context)) as Record<string, unknown>;
  const execution = executionOf(given);
  const stageId = stageIdOf(given, execution);
  const known = ['execution', 'currentStageRefId', 'currentStageId', 'artifactStore', 'front50', 'trigger'];
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => !known.includes(key)));
  const stage = execution.stages.find(({ id }) => id === stageId);
  const context = { ...stage?.context, ...own };
  const { root, access } = buildExecutionContext({
    execution,
    context,
    ...(stageId === undefined ? {} : { stageId }),
  });
  return {
    root,
    execution,
    stageId,
    options: {
      now: 1_600_000_000_000,
      random: () => 0.5,
      uuid: () => '00000000-0000-4000-8000-000000000000',
      execution: access,
      effects: effectsOf(given),
      allowUnknownKeys: testCase.allow_unknown_keys ?? true,
      ...(testCase.kind === 'value_generated' ? { limits: { maxLength: 20_000 } } : {}),
    },
  };
}

function expandGenerated(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(/<T repeated (\d+) times>/g, (_whole, count) => 'T'.repeat(Number(count)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandGenerated(item)]));
}

function compare(testCase: Case, actual: unknown): void {
  if (testCase.match === 'subset') expect(actual).toMatchObject(testCase.expected as object);
  else expect(actual).toEqual(testCase.expected);
}

function checkValue(testCase: Case): void {
  const { root, options } = prepare(testCase);
  const result = evaluateTree(expandGenerated(testCase.input), root, options);
  expect(result.needs).toBeUndefined();
  compare(testCase, result.value);
  const summary = testCase.expected_summary;
  if (!summary) return;
  const entries = Object.values(result.summary).flat();
  expect(entries).toHaveLength(summary.entries);
  for (const entry of entries) {
    if (summary.level) expect(entry.level).toBe(summary.level);
    if (summary.exceptionType) expect(entry.exceptionType).toBe(summary.exceptionType);
    expect(entry.description).not.toContain('$');
    expect(entry.timestamp).toBe(options.now);
  }
}

function checkThrows(testCase: Case): void {
  const { root, options } = prepare(testCase);
  const result = evaluateTree(testCase.input, root, options);
  expect(result.errors).toHaveLength(1);
  expect(result.errors[0]?.level).toBe('ERROR');
  expect(result.value).toBe(testCase.input);
}

function checkOptional(testCase: Case): void {
  const { root, options } = prepare(testCase);
  const input = testCase.input as {
    stageEnabled?: StageEnabled;
    parent?: { stageEnabled?: StageEnabled };
    child?: { stageEnabled?: StageEnabled };
  };
  const chain = input.parent ? [input.child?.stageEnabled, input.parent.stageEnabled] : [input.stageEnabled];
  expect(!evaluateStageEnabled(chain, root, options).value).toBe(testCase.expected);
}

function checkPrecondition(testCase: Case): void {
  const { root, options } = prepare(testCase);
  const { expression } = (testCase.input as { context: { expression: string } }).context;
  const { value, text } = evaluateCondition(expression, root, options);
  const status = value ? 'SUCCEEDED' : 'TERMINAL';
  compare(testCase, { status, context: { context: { expression, expressionResult: text } } });
}

function checkStageContext(testCase: Case): void {
  const { root, options } = prepare(testCase);
  const type =
    testCase.stage_type ?? (testCase.kind === 'evaluateVariables' ? 'evaluateVariables' : 'whatever');
  const result = evaluateStageContext({ type, context: testCase.input as Record<string, unknown> }, root, {
    ...options,
    evaluator: evaluatorVersion(testCase.spel_version),
  });
  expect(result.value).toMatchObject(testCase.expected as object);
  if (testCase.failures !== undefined) expect(result.errors).toHaveLength(testCase.failures);
}

function checkEndpoint(testCase: Case): void {
  const { execution, options } = prepare(testCase);
  const input = testCase.input as {
    requisiteStageRefIds: string[];
    spelVersion: string;
    expressions: Variable[];
  };
  const stage: StageJson = { id: 'probe', refId: 'probe', requisiteStageRefIds: input.requisiteStageRefIds };
  const probed = { ...execution, stages: [...execution.stages, stage] };
  const { root } = buildExecutionContext({ execution: probed, stageId: 'probe' });
  const result = evaluateVariables(input.expressions, root, {
    ...options,
    evaluator: evaluatorVersion(input.spelVersion),
  });
  compare(testCase, { result: result.value, detail_keys: Object.keys(result.summary) });
}

function checkLookup(testCase: Case): void {
  const { execution, stageId } = prepare(testCase);
  const stage = execution.stages.find(({ id }) => id === stageId) ?? {};
  const context = new StageContext((stage.context ?? {}) as never, jsonLookup(execution), stage);
  const { get, getAll } = testCase.input as { get?: string; getAll?: string };
  compare(testCase, getAll === undefined ? (context.get(get ?? '') ?? null) : context.getAll(getAll));
}

const CHECKS: Record<string, (testCase: Case) => void> = {
  value: checkValue,
  value_generated: checkValue,
  map: checkValue,
  function_error: checkThrows,
  stageOptional: checkOptional,
  precondition: checkPrecondition,
  stageContext: checkStageContext,
  evaluateVariables: checkStageContext,
  evaluateVariablesTask: (testCase) => {
    const { variables } = testCase.input as { variables: Variable[] };
    compare(testCase, { outputs: variableOutputs(variables) });
  },
  evaluateVariablesEndpoint: checkEndpoint,
  contextLookup: checkLookup,
  urlRestriction: (testCase) => {
    expect(urlProblem(String(testCase.input)) === undefined ? 'accepted' : 'rejected').toBe(
      testCase.expected,
    );
  },
};

describe.each(['spel-cases.json', 'spel-table-cases.json'])("Spinnaker's expression cases in %s", (file) => {
  it.each(load(file).map((testCase) => [testCase.id, testCase.kind, testCase] as const))(
    '%s (%s)',
    (_id, kind, testCase) => {
      const check = CHECKS[kind];
      expect(check, `no check for the kind ${kind}`).toBeDefined();
      check?.(testCase);
    },
  );
});

describe('the case files', () => {
  it('hold the 89 cases of the data file and the 82 of the table that the data file has not', () => {
    expect(load('spel-cases.json')).toHaveLength(89);
    expect(load('spel-table-cases.json')).toHaveLength(82);
  });
});
