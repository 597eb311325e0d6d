import type { ExecutionState, StageState, TaskState } from '@gennaker/execution';
import { describe, expect, it } from 'vitest';
import type { CleanUpInput } from '../stage-definition.js';
import { pipelineStage } from './pipeline.stage.js';

/** Cleans up a stage that was cancelled; returns which executions it cancelled. */
async function cleanUp(stage: Partial<StageState>, config: object = {}): Promise<string[]> {
  const cancelled: string[] = [];
  const input = {
    config: { waitForCompletion: true, ...config },
    stage: { context: {}, tasks: [], ...stage },
    execution: { id: 'parent', canceledBy: 'ann' } as ExecutionState,
    ports: { executions: { cancel: async (id: string) => void cancelled.push(id) } },
  } as unknown as CleanUpInput<never>;
  await pipelineStage.cleanUp!(input);
  return cancelled;
}

const task = (name: string, workItemId: string) => ({ name, workItemId }) as TaskState;

describe('a pipeline stage that is cancelled', () => {
  it('cancels the pipeline that it has started', async () => {
    expect(await cleanUp({ context: { executionId: 'child' } })).toEqual(['child']);
  });

  it('cancels one whose start was not recorded any more: it has the id of the work item', async () => {
    expect(await cleanUp({ tasks: [task('startPipeline', 'item')] })).toEqual(['item']);
  });

  it('lets one run that it does not wait for', async () => {
    const context = { executionId: 'child' };
    expect(await cleanUp({ context }, { waitForCompletion: false })).toEqual([]);
  });
});
