import type { JsonObject } from '@gennaker/kernel';
import { isObject } from '@gennaker/kernel';
import type { StageInput, TaskDefinition } from '../stage-definition.js';
import { accountOf, failureOf, operationTask } from './operation-task.js';

const DEFAULT_MINUTES = 30;

/** Waits until the objects that the stage has written are stable; the cluster's own word ends the wait. */
export function waitForManifestToStabilize<Config>(): TaskDefinition<Config> {
  const task = operationTask<Config>({
    name: 'waitForManifestToStabilize',
    kind: 'waitForManifestToStabilize',
    describe: ({ stage }) => ({
      account: accountOf(stage.context),
      cloudProvider: stage.context['cloudProvider'] ?? 'kubernetes',
      manifestNamesByNamespace: namesToWaitFor(stage.context),
    }),
    timeoutMs: stableTimeoutMs,
  });
  return {
    ...task,
    run: async (input) => {
      if (Object.keys(namesToWaitFor(input.stage.context)).length === 0) return { status: 'SUCCEEDED' };
      const result = await task.run(input);
      if (result.status !== 'SUCCEEDED') return result;
      const { stage } = input;
      const failure = failureOf(
        { ...input, stage: { ...stage, context: { ...stage.context, ...result.context } } },
        task.name,
      );
      return { ...result, ...failure };
    },
  };
}

function stableTimeoutMs<Config>({ stage }: StageInput<Config>): number {
  const minutes = Number(stage.context['stableManifestTimeoutMinutes'] ?? DEFAULT_MINUTES);
  return (Number.isFinite(minutes) && minutes > 0 ? minutes : DEFAULT_MINUTES) * 60_000;
}

/** What the stage's operation wrote; else the one object that the stage names. */
function namesToWaitFor(context: JsonObject): Record<string, unknown> {
  const names = context['outputs.manifestNamesByNamespace'];
  if (isObject(names)) return names;
  const { manifestName, location } = context;
  if (typeof manifestName !== 'string' || manifestName === '') return {};
  return { [typeof location === 'string' ? location : '']: [manifestName] };
}
