import { z } from 'zod';
import { checkCondition } from '../checkPreconditions/precondition-checks.js';
import { listOf, numeric } from '../fields.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';

const TWO_HOURS_MS = 2 * 3_600_000;
const DEFAULT_INTERVAL_SECONDS = 10;

const schema = z.looseObject({
  conditions: listOf(
    z.looseObject({
      type: z.string(),
      name: z.string().nullish(),
      context: z
        .looseObject({})
        .nullish()
        .transform((context) => context ?? {}),
    }),
  ),
  /** Short for a condition of type `expression`. */
  expression: z.string().nullish(),
  /** Seconds between two looks. */
  intervalSeconds: numeric.nullish(),
  /** `SKIPPED`, set by a person while it waits, ends the wait. */
  status: z.string().nullish(),
});

type ConditionConfig = z.infer<typeof schema>;

export const waitForConditionStage = defineStage<ConditionConfig>({
  type: 'waitForCondition',
  label: 'Wait for condition',
  description: 'Waits until every condition holds: of the kinds that preconditions know.',
  schema,
  evaluatedLater: ['conditions', 'expression'],
  tasks: [
    {
      name: 'waitForCondition',
      run: evaluateConditions,
      timeoutMs: TWO_HOURS_MS,
      backoffMs: ({ config }) => Math.max(1, config.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS) * 1_000,
    },
  ],
});

async function evaluateConditions(input: TaskInput<ConditionConfig>): Promise<TaskResult> {
  const { config, stage } = input;
  if (config.status === 'SKIPPED') return { status: 'SUCCEEDED' };
  const conditions = [
    ...config.conditions,
    ...(config.expression
      ? [{ type: 'expression', name: null, context: { expression: config.expression } }]
      : []),
  ];
  const unmetConditions: string[] = [];
  for (const { type, name, context } of conditions) {
    const { problem } = await checkCondition({ type, context }, input);
    if (problem !== undefined) unmetConditions.push(name ? `${name}: ${problem}` : problem);
  }
  const isNews = JSON.stringify(stage.context['unmetConditions']) !== JSON.stringify(unmetConditions);
  const context = isNews ? { unmetConditions } : {};
  return { status: unmetConditions.length === 0 ? 'SUCCEEDED' : 'RUNNING', context };
}
