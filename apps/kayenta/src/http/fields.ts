import { queryText } from '@gennaker/contracts';
import { z } from 'zod';

/** The accounts that a request may name. */
export const accountNames = {
  metricsAccountName: queryText,
  configurationAccountName: queryText,
  storageAccountName: queryText,
};

export const asked = { application: queryText, parentPipelineExecutionId: queryText, ...accountNames };

/** A score threshold in a query. */
export const queryScore = z
  .preprocess((text) => (text === '' ? undefined : text), z.coerce.number().optional())
  .meta({ type: 'number' });
