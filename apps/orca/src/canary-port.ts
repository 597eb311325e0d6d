import {
  canaryDurationOf,
  type CanaryExecution,
  escapeConfigTemplates,
  validateExecutionRequest,
  warningsOf,
} from '@gennaker/canary';
import type { CanaryConfigStore, CanaryStore } from '@gennaker/canary-store';
import type { ExecutionStore } from '@gennaker/execution-store';
import type { CanaryCommand, CanaryOutcome, CanaryPort } from '@gennaker/stages';

/** Asks the metrics judge by its analysis streams; the end of an analysis wakes the task that asked. */
export class StreamCanaries implements CanaryPort {
  constructor(
    private readonly configs: CanaryConfigStore,
    private readonly canaries: CanaryStore,
    private readonly executions: ExecutionStore,
  ) {}

  configIdOf(name: string, application: string): Promise<string> {
    return this.configs.idOfName(name, application);
  }

  async request({ id, request, executionId, ...command }: CanaryCommand): Promise<void> {
    const { config } = await this.configs.get(command.canaryConfigId);
    const { pass, marginal } = request.thresholds ?? {};
    const asked = { ...request, thresholds: { pass: pass ?? 0, marginal: marginal ?? 0 } };
    validateExecutionRequest(config, asked);
    const { pipelineConfigId } = await this.executions.recall(executionId);
    const requested = {
      ...command,
      id,
      ...(pipelineConfigId !== undefined && { pipelineConfigId }),
      parentPipelineExecutionId: executionId,
      config: escapeConfigTemplates(config),
      request: asked,
      replyTo: id,
    };
    await this.canaries.request(requested, { whileOpen: id });
  }

  async find(id: string): Promise<CanaryOutcome | undefined> {
    const execution = await this.canaries.find(id);
    return execution && outcomeOf(execution);
  }

  async cancel(id: string, by: { user: string; reason?: string }): Promise<void> {
    const { user, ...why } = by;
    if ((await this.canaries.find(id)) !== undefined) await this.canaries.cancel(id, { actor: user, ...why });
  }
}

function outcomeOf(execution: CanaryExecution): CanaryOutcome {
  const { status, judgeResult, metricSetPairListId, exception, endTime } = execution;
  return {
    status,
    score: judgeResult?.score.score,
    judgeResult,
    metricSetPairListId,
    error: exception?.details.error,
    endTime,
    duration: canaryDurationOf(execution),
    warnings: warningsOf(execution),
  };
}
