import { descendantsOf } from '@gennaker/execution';
import { Duration } from '@js-joda/core';
import { InvalidInputError } from '@gennaker/kernel';
import { z } from 'zod';
import { canaryDeploymentsSchema } from '../kayentaCanary/kayenta-canary.schema.js';
import { defineStage } from '../stage-definition.js';
import { cleanupDrafts, deployedIn } from './cleanup-drafts.js';

const schema = z.looseObject({ deployments: canaryDeploymentsSchema });

export const cleanupCanaryClustersStage = defineStage<z.infer<typeof schema>>({
  type: 'cleanupCanaryClusters',
  label: 'Cleanup canary clusters',
  description: 'Takes away what a canary analysis has deployed. Part of "Canary analysis".',
  schema,
  tasks: [],
  before: ({ execution, stage, config }) => {
    const deployed =
      stage.parentStageId === undefined ? [] : deployedIn(descendantsOf(execution, stage.parentStageId));
    return cleanupDrafts(deployed, secondsOf(config.deployments.delayBeforeCleanup));
  },
});

function secondsOf(duration: string | null | undefined): number {
  if (duration == null || duration === '') return 0;
  try {
    return Duration.parse(duration).seconds();
  } catch {
    throw new InvalidInputError('stages.invalid_duration', [
      { path: 'deployments.delayBeforeCleanup', message: 'must be an ISO-8601 duration such as PT5M' },
    ]);
  }
}
