import type { Authentication, ExecutionState, ExecutionStatus } from '@gennaker/execution';
import type { EffectRequest } from '@gennaker/expression';
import { GennakerError, type JsonObject } from '@gennaker/kernel';
import type { CanaryPort } from './runCanary/canary-port.js';

/** What an operation on a cloud has come to, as far as a stage needs to know. */
export interface OperationResult {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';
  /** What the operation made or found; the shape depends on its kind. */
  results: JsonObject[];
  /** In words, for people; present when it failed. */
  errors: string[];
  /** What it is waiting for now. */
  progress?: string;
}

export interface OperationCommand {
  /** Asking twice under one id asks once. */
  id: string;
  /** The work item to wake when the operation ends; none for what nobody waits for. */
  replyTo?: string;
  kind: string;
  application: string;
  account: string;
  description: JsonObject;
  user: string;
  /** The user's roles; absent where nobody signs in, and for administrators. */
  roles?: string[];
  executionId: string;
  stageId: string;
}

/** Operations of the cloud driver. The asking work item is woken when an operation ends. */
export interface OperationsPort {
  request(command: OperationCommand): Promise<void>;
  find(id: string): Promise<OperationResult | undefined>;
  /** Stops an operation; one that has not been asked for yet never will be carried out. */
  cancel(id: string, by: { user: string; reason?: string }): Promise<void>;
}

export interface HttpRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Whose pipeline asks: says which secrets its headers may refer to. */
  application?: string;
  /** Set for the requests of webhook stages: what operators ask of these holds for no other. */
  webhook?: WebhookSender;
  signal: AbortSignal;
}

export interface WebhookSender {
  /** The webhook account that the stage names. */
  account?: string;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The installation's rules do not allow the request. Trying again will not help. */
export class HttpRefusedError extends GennakerError {
  override readonly status = 400;

  constructor(message: string) {
    super('stages.request_refused', message);
  }
}

/** Requests to addresses that users choose. Refuses private addresses unless they are allowed, and big answers. */
export interface HttpPort {
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Whether a request that may have arrived may be sent a second time. */
  isSafeToRetry(method: string, url: string): boolean;
}

/** What expressions ask of the world: an address, a pipeline's id, an application's attributes. */
export interface ExpressionEffectsPort {
  /** Whether they may ask hosts inside, as webhooks of the installation may. */
  readonly allowInternalHosts?: boolean;
  /** Gives the value, or throws with the message that the expression fails with. */
  perform(request: EffectRequest, by: { application: string; signal: AbortSignal }): Promise<unknown>;
}

/** Another execution, as far as a stage needs to know. */
export interface ExecutionReport {
  id: string;
  name: string | undefined;
  application: string;
  status: ExecutionStatus;
  complete: boolean;
  /** What its stages have given, together. */
  outputs: JsonObject;
  /** Why it failed, stage by stage. */
  errors: string[];
  /** Artifacts of its trigger (no refId) and its stages. */
  artifacts: { refId: string; artifact: JsonObject }[];
  /** Why it was cancelled. */
  reason?: string;
}

export interface StartChild {
  /** The child's id: starting it twice starts it once. */
  id: string;
  /** The work item that asks. Once it is closed, as by a cancel, no child is started any more. */
  askedBy: string;
  application: string;
  /** Id or name of the stored pipeline. */
  pipeline: string;
  parameters: JsonObject;
  artifacts: unknown[];
  authentication: Authentication;
  parent: { execution: ExecutionState; stageId: string };
}

/** Other executions. A work item that watches one is woken by the append that ends it. */
export interface ExecutionsPort {
  start(child: StartChild): Promise<{ id: string; name?: string | undefined }>;
  watch(id: string, workItemId: string): Promise<ExecutionReport | undefined>;
  /** Does nothing to one that has ended. */
  cancel(id: string, by: { user: string; reason: string }): Promise<void>;
  /** The newest execution of a pipeline with one of these statuses. */
  latest(query: {
    pipelineConfigId: string;
    statuses: ExecutionStatus[];
    exclude: string;
  }): Promise<ExecutionReport | undefined>;
}

/** Named locks of executions. */
export interface LocksPort {
  /**
   * Takes a place in line; the work item is woken when it may be its turn. Asking again keeps the place. `since` is when
   * it was found to hold the lock, in milliseconds since the Unix epoch.
   */
  acquire(request: {
    name: string;
    executionId: string;
    stageId: string;
    attempt: number;
    workItemId: string;
  }): Promise<{ acquired: true; since: number } | { acquired: false; heldBy: string; position: number }>;
  /** Gives up an execution's places, or one stage's. */
  release(of: { name: string; executionId: string; stageId?: string }): Promise<void>;
}

/** A change of what people configure. */
export type CatalogChange =
  | { kind: 'saveApplication'; application: JsonObject }
  | { kind: 'deleteApplication'; name: string }
  | { kind: 'saveProject'; project: JsonObject }
  | { kind: 'deleteProject'; nameOrId: string }
  | { kind: 'savePipeline'; pipeline: JsonObject; staleCheck: boolean }
  /** Each by itself; those without an id replace the pipeline of their name. */
  | { kind: 'savePipelines'; pipelines: JsonObject[]; staleCheck: boolean }
  | { kind: 'saveTemplate'; template: JsonObject; tag?: string; create: boolean }
  | { kind: 'deleteTemplate'; id: string; tag?: string; digest?: string }
  | { kind: 'deletePipeline'; application: string; nameOrId: string }
  | {
      kind: 'reorderPipelines';
      application: string;
      idsToIndices: Record<string, number>;
      strategies: boolean;
    };

/** Applications, projects and pipeline configurations. Doing a change twice is as good as once. */
export interface CatalogPort {
  /** Gives what the stage's context keeps of it. */
  apply(
    change: CatalogChange,
    by: { user: string; origin: string; reason: string | undefined; executionId: string },
  ): Promise<JsonObject>;
}

/** A server group of a cluster, as far as a stage needs to know. */
export interface ServerGroupReport {
  name: string;
  region: string;
  disabled: boolean;
}

/** What the clusters hold now. */
export interface InventoryPort {
  /** The server groups of a cluster; none when there is no such cluster. */
  serverGroups(of: { application: string; account: string; cluster: string }): Promise<ServerGroupReport[]>;
}

/** The outside world as stages see it. A simulation gives them another one. */
export interface StagePorts {
  operations: OperationsPort;
  canaries: CanaryPort;
  http: HttpPort;
  inventory: InventoryPort;
  catalog: CatalogPort;
  expressions: ExpressionEffectsPort;
  executions: ExecutionsPort;
  locks: LocksPort;
}
