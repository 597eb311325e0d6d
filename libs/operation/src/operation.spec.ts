import { describe, expect, it } from 'vitest';
import { foldOperation, type StampedEvent } from './operation.js';
import { type OperationEvent } from './operation-event.js';
import { taskView } from './operation-view.js';

const requested: OperationEvent = {
  type: 'OperationRequested',
  data: {
    id: '01',
    kind: 'deployManifest',
    cloudProvider: 'kubernetes',
    account: 'prod',
    user: 'ann',
    description: {},
  },
};

function fold(...events: OperationEvent[]) {
  const stamped: StampedEvent[] = [requested, ...events].map((event, at) => ({ event, at }));
  const operation = foldOperation(stamped);
  if (!operation) throw new Error('no operation');
  return operation;
}

const started = (before: object): OperationEvent => ({
  type: 'OperationStepStarted',
  data: { step: '1', before: { ...before } },
});

describe('an operation', () => {
  it('keeps what a step knew before its first try when it is started again', () => {
    const operation = fold(started({ uid: 'a' }), started({ uid: 'b' }));
    expect(operation.steps).toEqual([{ id: '1', startedAt: 1, before: { uid: 'a' } }]);
    expect(operation.version).toBe(3);
  });

  it('shows its results as a finished task', () => {
    const view = taskView(
      fold(
        started({}),
        { type: 'OperationStepFinished', data: { step: '1', outcome: 'created' } },
        { type: 'OperationLogged', data: { phase: 'DEPLOY', message: 'one' } },
        { type: 'OperationSucceeded', data: { results: [{ manifests: [] }] } },
      ),
      'me',
    );
    expect(view).toMatchObject({
      id: '01',
      status: {
        complete: true,
        completed: true,
        failed: false,
        retryable: false,
        status: 'Orchestration completed.',
      },
      resultObjects: [{ manifests: [] }],
      operation: { steps: [{ id: '1', outcome: 'created', finishedAt: 2 }], status: 'SUCCEEDED' },
    });
    expect(view.history).toContainEqual({ phase: 'DEPLOY', status: 'one' });
  });

  it('shows a failure as Spinnaker’s clients look for it', () => {
    const error = { type: 'Invalid', message: 'no', problems: [{ path: 'a.b', message: 'is missing' }] };
    const view = taskView(fold({ type: 'OperationFailed', data: { error } }), 'me');
    expect(view.status).toMatchObject({ complete: true, failed: true });
    expect(view.resultObjects).toEqual([
      {
        type: 'EXCEPTION',
        operation: 'deployManifest',
        cause: 'Invalid',
        message: 'no',
        errors: ['a.b: is missing'],
      },
    ]);
  });

  it('is running until it has ended, and then canceled counts as failed', () => {
    expect(taskView(fold(), 'me').status).toMatchObject({ complete: false, failed: false });
    const canceled = fold(
      { type: 'OperationCancelRequested', data: { by: 'bob' } },
      { type: 'OperationCanceled', data: {} },
    );
    expect(taskView(canceled, 'me').status).toMatchObject({ complete: true, failed: true });
  });
});
