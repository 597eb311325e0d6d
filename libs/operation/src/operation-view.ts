import { type JsonObject } from '@gennaker/kernel';
import { isEnded, type Operation, type OperationStep } from './operation.js';

interface TaskStatus {
  phase: string;
  status: string;
  complete: boolean;
  completed: boolean;
  failed: boolean;
  retryable: boolean;
}

/** An operation as clouddriver's `GET /task/{id}` answers it, with our own facts beside Spinnaker's. */
export interface TaskView {
  id: string;
  ownerId: string;
  requestId: string;
  startTimeMs: number;
  status: TaskStatus;
  history: { phase: string; status: string }[];
  resultObjects: JsonObject[];
  outputs: { manifest: string; phase: string; stdOut: string; stdError: string }[];
  sagaIds: string[];
  operation: {
    kind: string;
    account: string;
    application: string | null;
    user: string;
    executionId: string | null;
    stageId: string | null;
    status: Operation['status'];
    endTimeMs: number | null;
    steps: OperationStep[];
  };
}

const ORCHESTRATION = 'ORCHESTRATION';

/** `ownerId` names the process that answers; every process can answer for every operation. */
export function taskView(operation: Operation, ownerId: string): TaskView {
  const { request } = operation;
  const history = [
    { phase: ORCHESTRATION, status: `Initializing Orchestration Task...` },
    ...operation.log.map(({ phase, message }) => ({ phase, status: message })),
  ];
  if (isEnded(operation)) history.push({ phase: ORCHESTRATION, status: endingOf(operation) });
  return {
    id: request.id,
    ownerId,
    requestId: request.id,
    startTimeMs: operation.requestedAt,
    status: statusOf(operation, history.at(-1)),
    history,
    resultObjects: resultObjectsOf(operation),
    outputs: [],
    sagaIds: [],
    operation: {
      kind: request.kind,
      account: request.account,
      application: request.application ?? null,
      user: request.user,
      executionId: request.executionId ?? null,
      stageId: request.stageId ?? null,
      status: operation.status,
      endTimeMs: operation.endedAt ?? null,
      steps: operation.steps,
    },
  };
}

function statusOf(operation: Operation, last: { phase: string; status: string } | undefined): TaskStatus {
  const ended = isEnded(operation);
  return {
    phase: last?.phase ?? ORCHESTRATION,
    status: last?.status ?? '',
    complete: ended,
    completed: ended,
    failed: ended && operation.status !== 'SUCCEEDED',
    retryable: operation.error?.retryable ?? false,
  };
}

function endingOf(operation: Operation): string {
  switch (operation.status) {
    case 'SUCCEEDED':
      return 'Orchestration completed.';
    case 'CANCELED':
      return `Orchestration canceled by ${operation.cancelRequested?.by ?? 'request'}.`;
    default:
      return `Orchestration failed: ${operation.request.kind} | ${operation.error?.type ?? 'Error'}: [${operation.error?.message ?? ''}]`;
  }
}

/** The results, and for a failure the object that Spinnaker's clients look for. */
function resultObjectsOf({ results, error, request }: Operation): JsonObject[] {
  if (!error) return results;
  const exception: JsonObject = {
    type: 'EXCEPTION',
    operation: request.kind,
    cause: error.type,
    message: error.message,
    ...(error.problems
      ? { errors: error.problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)) }
      : {}),
    ...(error.details ? { details: error.details } : {}),
  };
  return [...results, exception];
}
