import { type JsonObject, NotFoundError, UnavailableError } from '@gennaker/kernel';

export interface CanaryStart {
  /** A configuration that comes along, or … */
  config?: JsonObject;
  /** … the id of a stored one. */
  configId?: string;
  request: JsonObject;
  application?: string;
  parentPipelineExecutionId?: string;
  metricsAccountName?: string;
  storageAccountName?: string;
}

/** The metrics judge as the front door sees it. */
export abstract class CanaryJudge {
  /** Gives the id of the analysis. */
  abstract start(canary: CanaryStart): Promise<string>;
  /** @throws NotFoundError */
  abstract get(id: string): Promise<JsonObject>;
  abstract list(application: string, page: { limit: number; page: number }): Promise<JsonObject[]>;
}

/** An installation without a metrics judge: nothing was ever analysed, and nothing can be. */
export class NoCanaryJudge extends CanaryJudge {
  async start(): Promise<string> {
    throw new UnavailableError(
      'gate.no_judge',
      'This installation has no metrics judge: canaries cannot be started',
    );
  }

  async get(id: string): Promise<JsonObject> {
    throw new NotFoundError('gate.no_such_canary', `Canary execution not found (id: ${id})`);
  }

  async list(): Promise<JsonObject[]> {
    return [];
  }
}
