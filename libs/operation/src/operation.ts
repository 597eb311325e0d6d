import { assertNever, type JsonObject } from '@gennaker/kernel';
import {
  type OperationError,
  type OperationEvent,
  type OperationRequested,
  type StepObject,
  type StepOutcome,
} from './operation-event.js';

export type OperationStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

export interface OperationStep {
  id: string;
  object?: StepObject;
  startedAt: number;
  finishedAt?: number;
  before?: JsonObject;
  outcome?: StepOutcome;
  /** Which fields changed; see `diffManifests`. */
  diff?: JsonObject;
  result?: JsonObject;
}

export interface LogLine {
  at: number;
  phase: string;
  message: string;
}

/** An operation on a cloud, folded from its events. */
export interface Operation {
  request: OperationRequested['data'];
  status: OperationStatus;
  requestedAt: number;
  endedAt?: number;
  plan?: JsonObject;
  steps: OperationStep[];
  log: LogLine[];
  results: JsonObject[];
  error?: OperationError;
  cancelRequested?: { by: string; reason?: string };
  /** How many events this state has seen. */
  version: number;
}

/** Lines beyond this are dropped from the state, the oldest first; the stream keeps them. */
export const LOG_LIMIT = 2_000;

export interface StampedEvent {
  event: OperationEvent;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** Total and pure: an event that does not fit changes nothing but the version. */
export function evolveOperation(state: Operation | undefined, { event, at }: StampedEvent): Operation {
  if (event.type === 'OperationRequested') {
    return state
      ? { ...state, version: state.version + 1 }
      : {
          request: event.data,
          status: 'RUNNING',
          requestedAt: at,
          steps: [],
          log: [],
          results: [],
          version: 1,
        };
  }
  if (!state) throw new Error(`an operation begins with OperationRequested, not ${event.type}`);
  return apply({ ...state, version: state.version + 1 }, event, at);
}

export function foldOperation(events: Iterable<StampedEvent>): Operation | undefined {
  let state: Operation | undefined;
  for (const event of events) state = evolveOperation(state, event);
  return state;
}

function apply(state: Operation, event: Exclude<OperationEvent, OperationRequested>, at: number): Operation {
  switch (event.type) {
    case 'OperationPlanned':
      return { ...state, plan: event.data.plan };
    case 'OperationStepStarted': {
      const { step, object, before } = event.data;
      // A step that is started again after a crash keeps what was known before its first try.
      if (state.steps.some(({ id }) => id === step)) return state;
      const started: OperationStep = {
        id: step,
        startedAt: at,
        ...(object && { object }),
        ...(before && { before }),
      };
      return { ...state, steps: [...state.steps, started] };
    }
    case 'OperationStepFinished': {
      const { step, ...finished } = event.data;
      return {
        ...state,
        steps: state.steps.map((one) => (one.id === step ? { ...one, ...finished, finishedAt: at } : one)),
      };
    }
    case 'OperationLogged':
      return { ...state, log: [...state.log, { at, ...event.data }].slice(-LOG_LIMIT) };
    case 'OperationSucceeded':
      return { ...state, status: 'SUCCEEDED', endedAt: at, results: event.data.results };
    case 'OperationFailed': {
      const { error, results = [] } = event.data;
      return { ...state, status: 'FAILED', endedAt: at, error, results };
    }
    case 'OperationCancelRequested':
      return { ...state, cancelRequested: event.data };
    case 'OperationCanceled':
      return { ...state, status: 'CANCELED', endedAt: at, results: event.data.results ?? [] };
    default:
      return assertNever(event, 'operation event');
  }
}

export function isEnded(operation: Operation): boolean {
  return operation.status !== 'RUNNING';
}

export function stepOf(operation: Operation, id: string): OperationStep | undefined {
  return operation.steps.find((step) => step.id === id);
}
