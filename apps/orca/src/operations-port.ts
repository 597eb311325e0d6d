import type { ExecutionStore } from '@gennaker/execution-store';
import type { OperationStore } from '@gennaker/operation';
import type { OperationCommand, OperationResult, OperationsPort } from '@gennaker/stages';

const PROVIDER = 'kubernetes';

/** Asks the cloud driver by its operation streams; the end of an operation wakes the task that asked. */
export class StreamOperations implements OperationsPort {
  constructor(
    private readonly operations: OperationStore,
    private readonly executions: ExecutionStore,
  ) {}

  async request({ id, description, ...command }: OperationCommand): Promise<void> {
    const { cloudProvider } = description;
    const { pipelineConfigId } = await this.executions.recall(command.executionId);
    await this.operations.request({
      ...command,
      id,
      ...(pipelineConfigId !== undefined && { pipelineConfigId }),
      cloudProvider: typeof cloudProvider === 'string' ? cloudProvider : PROVIDER,
      description,
    });
  }

  async find(id: string): Promise<OperationResult | undefined> {
    const operation = await this.operations.load(id);
    if (operation === undefined) return undefined;
    const { error, status, log } = operation;
    const progress = log.at(-1)?.message;
    return {
      status,
      results: this.operations.resultsOf(operation),
      errors: error === undefined ? [] : [error.message],
      ...(progress !== undefined && { progress }),
    };
  }

  async cancel(id: string, by: { user: string; reason?: string }): Promise<void> {
    await this.operations.cancel(id, by.user, by.reason);
  }
}
