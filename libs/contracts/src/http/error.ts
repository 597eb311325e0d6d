import { z } from 'zod';

export const fieldProblem = z.object({
  path: z.string().describe('Where in the input, such as `stages[2].type`; empty for the input as a whole'),
  message: z.string(),
});

/** Spinnaker's error body, with the list of problems and our stable code added. */
export const errorBody = z
  .object({
    error: z.string().describe('Reason phrase of the status'),
    exception: z.string(),
    message: z.string(),
    status: z.int(),
    timestamp: z.string().describe('ISO 8601'),
    code: z.string().optional().describe('Stable, for programs'),
    problems: z.array(fieldProblem).optional(),
  })
  .loose()
  .meta({ id: 'Error' });

export type ErrorBody = z.infer<typeof errorBody>;
