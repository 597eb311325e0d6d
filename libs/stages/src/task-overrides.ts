import { type FieldProblem, InvalidInputError, messageOf } from '@gennaker/kernel';
import { z } from 'zod';
import type { StageDefinition } from './stage-definition.js';

/** How an installation wants stages to run that it has not made itself. */
export const taskOverridesSchema = z.strictObject({
  /** Tasks that are SKIPPED: `promoteOutputs` in every stage, `deployManifest.promoteOutputs` in one type. */
  disabled: z.array(z.string()).default([]),
  /** Names of the tasks of a stage type, in order, instead of its own choice of them. */
  stages: z.record(z.string(), z.array(z.string()).min(1)).default({}),
});

export type TaskOverrides = z.infer<typeof taskOverridesSchema>;

/** Reads `TASK_OVERRIDES`, a JSON document. @throws InvalidInputError naming the field */
export function taskOverridesFrom(text: string | undefined): TaskOverrides {
  const wrong = (problems: FieldProblem[]) => new InvalidInputError('stages.invalid_overrides', problems);
  let given: unknown = {};
  try {
    if (text !== undefined && text.trim() !== '') given = JSON.parse(text);
  } catch (error) {
    throw wrong([{ path: 'TASK_OVERRIDES', message: `is not JSON: ${messageOf(error)}` }]);
  }
  const { data, error } = taskOverridesSchema.safeParse(given);
  if (error === undefined) return data;
  throw wrong(
    error.issues.map(({ path, message }) => ({ path: ['TASK_OVERRIDES', ...path].join('.'), message })),
  );
}

/** @throws InvalidInputError naming types and tasks that do not exist */
export function withTaskOverrides(
  definitions: StageDefinition[],
  { disabled, stages }: TaskOverrides,
): StageDefinition[] {
  const problems = problemsOf(definitions, { disabled, stages });
  if (problems.length > 0) throw new InvalidInputError('stages.invalid_overrides', problems);
  const off = new Set(disabled);
  return definitions.map((definition) => {
    const { type, tasks } = definition;
    const isOff = (name: string) => off.has(name) || off.has(`${type}.${name}`);
    const names = Object.hasOwn(stages, type) ? stages[type] : undefined;
    if (names === undefined && !tasks.some(({ name }) => isOff(name))) return definition;
    return {
      ...definition,
      tasks: tasks.map((task) =>
        isOff(task.name) ? { ...task, run: () => ({ status: 'SKIPPED' as const }) } : task,
      ),
      ...(names !== undefined && { plan: () => names }),
    };
  });
}

function problemsOf(definitions: StageDefinition[], { disabled, stages }: TaskOverrides): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const known = new Set(
    definitions.flatMap(({ type, tasks }) => tasks.flatMap(({ name }) => [name, `${type}.${name}`])),
  );
  for (const name of disabled)
    if (!known.has(name))
      problems.push({ path: 'TASK_OVERRIDES.disabled', message: `there is no task "${name}"` });
  for (const [type, names] of Object.entries(stages)) {
    const definition = definitions.find((one) => one.type === type);
    const path = `TASK_OVERRIDES.stages.${type}`;
    if (definition === undefined) problems.push({ path, message: `there is no stage type "${type}"` });
    for (const name of names)
      if (definition !== undefined && !definition.tasks.some((task) => task.name === name))
        problems.push({ path, message: `the stage type has no task "${name}"` });
  }
  return problems;
}
