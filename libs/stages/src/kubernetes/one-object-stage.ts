import { z } from 'zod';
import { defineStage, type StageDefinition } from '../stage-definition.js';
import { cancelOperations, monitorTask, operationTask } from './operation-task.js';
import {
  resolveTargetManifest,
  type TargetStageConfig,
  targetStageSchema,
} from './resolve-target-manifest.js';
import { waitForManifestToStabilize } from './wait-for-manifest-to-stabilize.js';

export interface OneObjectStage {
  type: string;
  label: string;
  description: string;
  /** Name of the task that judges the operation. */
  monitor: string;
  /** Whether the stage ends only when the object is stable. */
  wait: boolean;
  /** Whether the task that chooses a target is listed even where the stage names its object. */
  alwaysResolves: boolean;
}

export const oneObjectSchema = targetStageSchema.extend({ options: z.looseObject({}).nullish() });

/** A stage that asks for the operation of its own name on one object. */
export function oneObjectStage({
  type,
  label,
  description,
  monitor,
  wait,
  alwaysResolves,
}: OneObjectStage): StageDefinition {
  const names = [type, monitor, ...(wait ? ['waitForManifestToStabilize'] : [])];
  return defineStage<TargetStageConfig>({
    type,
    label,
    description,
    schema: oneObjectSchema,
    tasks: [
      resolveTargetManifest(),
      operationTask({ name: type, kind: type }),
      monitorTask(monitor),
      waitForManifestToStabilize(),
    ],
    plan: ({ config }) => (alwaysResolves || isDynamic(config) ? ['resolveTargetManifest', ...names] : names),
    cleanUp: cancelOperations,
  });
}

export function isDynamic({ criteria }: TargetStageConfig): boolean {
  return Boolean(criteria) && criteria !== 'static';
}
