import { isObject } from '@gennaker/kernel';
import type { TaskResult } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';

/** What saving many pipelines comes to: some that failed are a failure that goes on, all of them end the stage. */
export function savedMany(result: TaskResult, now: number): TaskResult {
  const bulksave = isObject(result.context?.['bulksave']) ? result.context['bulksave'] : {};
  const failed = Array.isArray(bulksave['failed_pipelines'])
    ? bulksave['failed_pipelines'].filter(isObject)
    : [];
  if (failed.length === 0) return { ...result, outputs: { bulksave } };
  const messages = failed.map(
    ({ name, errorMsg }) =>
      `${typeof name === 'string' ? name : 'A pipeline without a name'}: ${String(errorMsg)}`,
  );
  return {
    ...result,
    status: Number(bulksave['successful_pipelines_count']) > 0 ? 'FAILED_CONTINUE' : 'TERMINAL',
    outputs: { bulksave },
    exception: exceptionOf(messages, { operation: 'savePipeline', now, type: 'PipelinesNotSaved' }),
  };
}
