import { type FieldProblem, type JsonObject } from '@gennaker/kernel';

/** Where a step works, as an event shows it. */
export interface StepObject {
  account: string;
  /** Empty for cluster-wide objects. */
  namespace: string;
  /** `deployment web` */
  name: string;
}

/** What a step did to its object. */
export type StepOutcome =
  'created' | 'configured' | 'unchanged' | 'replaced' | 'deleted' | 'absent' | 'scaled' | 'patched' | 'done';

/** Why an operation failed, fit for users: no stack trace, no secret. */
export interface OperationError {
  type: string;
  message: string;
  problems?: FieldProblem[];
  details?: JsonObject;
  /** The same operation may succeed when it is asked for again. */
  retryable?: boolean;
}

export interface OperationRequested {
  type: 'OperationRequested';
  data: {
    id: string;
    /** Spinnaker's name of the operation: `deployManifest`. */
    kind: string;
    cloudProvider: string;
    account: string;
    application?: string;
    user: string;
    /** The roles of the user, as they were when the operation was asked for. */
    roles?: string[];
    executionId?: string;
    /** The configuration of the pipeline that asks. */
    pipelineConfigId?: string;
    stageId?: string;
    /** The work item that waits for the end. */
    replyTo?: string;
    /** Either the description itself, or the digest of the blob that holds it. */
    description?: JsonObject;
    descriptionRef?: string;
  };
}

export type OperationEvent =
  | OperationRequested
  /** What the operation has decided to do, so that a worker that takes over decides nothing again. */
  | { type: 'OperationPlanned'; data: { plan: JsonObject } }
  /** `before` is what the step needs to know to look before it does anything again. */
  | { type: 'OperationStepStarted'; data: { step: string; object?: StepObject; before?: JsonObject } }
  | {
      type: 'OperationStepFinished';
      data: { step: string; outcome: StepOutcome; diff?: JsonObject; result?: JsonObject };
    }
  | { type: 'OperationLogged'; data: { phase: string; message: string } }
  | { type: 'OperationSucceeded'; data: { results: JsonObject[] } }
  | { type: 'OperationFailed'; data: { error: OperationError; results?: JsonObject[] } }
  | { type: 'OperationCancelRequested'; data: { by: string; reason?: string } }
  | { type: 'OperationCanceled'; data: { results?: JsonObject[] } };

export const OPERATION_STREAM_PREFIX = 'operation-';

export function operationStream(id: string): string {
  return `${OPERATION_STREAM_PREFIX}${id}`;
}
