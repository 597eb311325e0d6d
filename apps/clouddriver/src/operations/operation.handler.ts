import { type WorkItem } from '@gennaker/event-store';
import {
  type Clock,
  GennakerError,
  InvalidInputError,
  isObject,
  type JsonObject,
  messageOf,
  NotFoundError,
} from '@gennaker/kernel';
import { type LiveBus } from '@gennaker/messaging';
import { logger, redactText } from '@gennaker/observability';
import {
  CLOUDDRIVER_QUEUE,
  isEnded,
  type Operation,
  OPERATION_WORK,
  type OperationError,
  type OperationEvent,
  type OperationStore,
  operationWorkId,
} from '@gennaker/operation';
import { type SecretResolver } from '@gennaker/secrets';
import { type WorkContext, type WorkHandler, type WorkOutcome } from '@gennaker/work';
import { OperationCanceledError, OperationContext, OperationLostError } from './operation-context.js';
import { OperationFailure } from './operation-failure.js';
import { type OperationRegistry } from './operation-registry.js';
import { withReferencedSecrets } from './referenced-secrets.js';
import { VersionReservations } from './version-reservations.js';

/** A cluster that does not answer is asked again for so long before the operation fails. */
const PATIENCE_MS = 10 * 60_000;
const PATIENCE_ATTEMPTS = 12;

const log = logger('operations');

/** Runs operations, whatever their cloud and kind, from wherever they have got to. */
export class OperationHandler implements WorkHandler {
  readonly queue = CLOUDDRIVER_QUEUE;
  readonly kind = OPERATION_WORK;

  constructor(
    private readonly operations: OperationStore,
    private readonly registry: OperationRegistry,
    private readonly live: LiveBus,
    private readonly clock: Clock,
    private readonly secrets: Pick<SecretResolver, 'resolve'>,
  ) {}

  async handle(item: WorkItem, { signal }: WorkContext): Promise<WorkOutcome> {
    const operation = await this.operations.get(operationIdOf(item));
    // The end closes the item in the same commit, so an ended operation has no item; this one is a leftover to drop.
    if (isEnded(operation)) return { retryAt: Number.MAX_SAFE_INTEGER };
    const context = new OperationContext(this.operations, this.live, this.clock, operation, signal);
    const stopListening = context.listen();
    try {
      const { cloudProvider, kind } = operation.request;
      const definition = this.registry.get(cloudProvider, kind);
      context.throwIfStopped();
      const description = await this.descriptionOf(operation, signal);
      await definition.check(description, operation.request);
      const result = await definition.run(description, context);
      await this.end(context, { type: 'OperationSucceeded', data: { results: [result] } });
    } catch (error) {
      await this.endWith(error, context, operation, item);
    } finally {
      stopListening();
    }
    return { done: true };
  }

  private async descriptionOf(operation: Operation, signal: AbortSignal): Promise<JsonObject> {
    const { application = '', account } = operation.request;
    const description = await this.operations.descriptionOf(operation);
    return withReferencedSecrets(description, { application, account }, this.secrets, signal);
  }

  private async endWith(
    error: unknown,
    context: OperationContext,
    operation: Operation,
    item: WorkItem,
  ): Promise<void> {
    if (context.signal.aborted || error instanceof OperationLostError) throw error;
    if (error instanceof OperationCanceledError || context.cancelRequested) {
      await this.end(context, { type: 'OperationCanceled', data: {} });
      return;
    }
    const patient =
      item.attempts < PATIENCE_ATTEMPTS && this.clock.now() - operation.requestedAt < PATIENCE_MS;
    if (isTransient(error) && patient) throw error;
    if (!(error instanceof GennakerError)) {
      log.error('an operation failed unexpectedly', { operation: operation.request.id, error });
    }
    const results = error instanceof OperationFailure ? { results: error.results } : {};
    await this.end(context, { type: 'OperationFailed', data: { error: operationError(error), ...results } });
  }

  private async end(context: OperationContext, event: OperationEvent): Promise<void> {
    const { id, replyTo } = context.request;
    await context.end([event], {
      close: [operationWorkId(id)],
      ...(replyTo === undefined ? {} : { wake: [replyTo] }),
      statements: VersionReservations.release(id, context.hasActed, this.clock.now()),
    });
  }
}

function operationIdOf(item: WorkItem): string {
  const { payload } = item;
  if (!isObject(payload) || typeof payload['operation'] !== 'string') {
    throw new NotFoundError('operation.not_found', `work item ${item.id} names no operation`);
  }
  return payload['operation'];
}

/** Errors that say nothing about the request: the database or the cluster could not be asked. */
function isTransient(error: unknown): boolean {
  if (error instanceof GennakerError) return error.status >= 500 || error.status === 429;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(E[A-Z]+|[0-9A-Z]{5})$/.test(code);
}

/** What may be shown of an error. */
export function operationError(error: unknown): OperationError {
  if (!(error instanceof GennakerError)) {
    return { type: 'InternalError', message: 'an unexpected error, see the log of the cloud driver' };
  }
  return {
    type: error.code,
    message: redactText(messageOf(error)),
    ...(error instanceof InvalidInputError
      ? { problems: error.problems.map((one) => ({ ...one, message: redactText(one.message) })) }
      : {}),
    ...(isTransient(error) ? { retryable: true } : {}),
  };
}
