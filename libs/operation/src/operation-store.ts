import {
  type BlobStore,
  type RecordedEvent,
  type SqlStatement,
  VersionConflictError,
} from '@gennaker/event-store';
import { InvalidInputError, isObject, type JsonObject, NotFoundError } from '@gennaker/kernel';
import { type Seals } from '@gennaker/secrets';
import { type Journal } from '@gennaker/work';
import { foldOperation, isEnded, type Operation, type StampedEvent } from './operation.js';
import { type OperationEvent, type OperationRequested, operationStream } from './operation-event.js';

export const CLOUDDRIVER_QUEUE = 'clouddriver';
export const OPERATION_WORK = 'operation';

/** Descriptions above this go to the blob store. */
const INLINE_LIMIT_BYTES = 16 * 1024;
const PAGE = 10_000;

export interface NewOperation extends Omit<OperationRequested['data'], 'description' | 'descriptionRef'> {
  description: JsonObject;
}

/** Asks for operations and reads them; the same for all services. */
export class OperationStore {
  constructor(
    private readonly journal: Journal,
    private readonly blobs: BlobStore,
    private readonly seals: Pick<Seals, 'seal' | 'open' | 'sealText' | 'openText'>,
  ) {}

  /**
   * Records the operation and opens its work. The id is the idempotency key: asking again changes nothing, and says so
   * by `created: false`.
   */
  async request(operation: NewOperation): Promise<{ id: string; created: boolean }> {
    const { description, ...rest } = operation;
    const sealed = this.seals.seal(description, applicationOf(operation));
    const text = JSON.stringify(sealed);
    const data: OperationRequested['data'] =
      Buffer.byteLength(text) <= INLINE_LIMIT_BYTES
        ? { ...rest, description: sealed }
        : { ...rest, descriptionRef: await this.blobs.put(Buffer.from(text)) };
    try {
      await this.journal.append({
        stream: operationStream(operation.id),
        expectedVersion: 0,
        events: [{ type: 'OperationRequested', data }],
        meta: {
          actor: operation.user,
          ...(operation.replyTo === undefined ? {} : { cause: operation.replyTo }),
          correlationId: operation.executionId ?? operation.id,
        },
        workItems: {
          open: [
            {
              id: operationWorkId(operation.id),
              queue: CLOUDDRIVER_QUEUE,
              kind: OPERATION_WORK,
              payload: { operation: operation.id, kind: operation.kind },
              account: operation.account,
              ...(operation.application === undefined ? {} : { application: operation.application }),
              ...(operation.pipelineConfigId === undefined ? {} : { pipeline: operation.pipelineConfigId }),
            },
          ],
        },
        ...(operation.application === undefined ? {} : { application: operation.application }),
      });
      return { id: operation.id, created: true };
    } catch (error) {
      if (isKnown(error)) return { id: operation.id, created: false };
      throw error;
    }
  }

  async load(id: string): Promise<Operation | undefined> {
    const stream = operationStream(id);
    const events: StampedEvent[] = [];
    for (;;) {
      const page = await this.journal.store.read(stream, { after: events.length, limit: PAGE });
      events.push(...page.map(stamped));
      if (page.length < PAGE) return foldOperation(events);
    }
  }

  /** The events of an operation after a version, oldest first. */
  events(id: string, options: { after: number; limit: number }): Promise<RecordedEvent[]> {
    return this.journal.store.read(operationStream(id), options);
  }

  /** Throws a NotFoundError for an id that nobody asked an operation under. */
  async get(id: string): Promise<Operation> {
    const operation = await this.load(id);
    if (!operation) throw new NotFoundError('operation.not_found', `Task not found (id: ${id})`);
    return operation;
  }

  /** What the operation is to do, with what its Secrets hold. Not for events, logs or answers. */
  async descriptionOf({ request }: Operation): Promise<JsonObject> {
    return this.seals.open(await this.keptDescription(request), applicationOf(request));
  }

  /** The results, with the texts that they were sealed for. Not for events, logs or answers. */
  resultsOf({ results, request }: Operation): JsonObject[] {
    return withTexts(results, (text) => this.seals.openText(text, applicationOf(request)));
  }

  private async keptDescription(request: OperationRequested['data']): Promise<JsonObject> {
    if (request.description) return request.description;
    const bytes =
      request.descriptionRef === undefined ? undefined : await this.blobs.get(request.descriptionRef);
    const description: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
    if (!isObject(description)) {
      throw new InvalidInputError('operation.no_description', `operation ${request.id} has no description`);
    }
    return description;
  }

  /**
   * Asks a running operation to stop at its next step. False when it has ended already; asking twice is as good as once.
   * An operation that nobody has asked for yet is ended before it begins: a request that comes late finds it canceled.
   */
  async cancel(id: string, by: string, reason?: string): Promise<boolean> {
    const canceling: OperationEvent = {
      type: 'OperationCancelRequested',
      data: { by, ...(reason === undefined ? {} : { reason }) },
    };
    for (;;) {
      const operation = await this.load(id);
      if (operation && isEnded(operation)) return false;
      if (operation?.cancelRequested) return true;
      try {
        if (operation) await this.append(operation, [canceling], { wake: [operationWorkId(id)], actor: by });
        else await this.forestall(id, by, canceling);
        return true;
      } catch (error) {
        // It was asked for, or took a step, meanwhile: look again.
        if (!(error instanceof VersionConflictError)) throw error;
      }
    }
  }

  private async forestall(id: string, by: string, canceling: OperationEvent): Promise<void> {
    const never: OperationRequested['data'] = {
      id,
      kind: 'canceled',
      cloudProvider: '',
      account: '',
      user: by,
      description: {},
    };
    await this.journal.append({
      stream: operationStream(id),
      expectedVersion: 0,
      events: [
        { type: 'OperationRequested', data: never },
        canceling,
        { type: 'OperationCanceled', data: {} },
      ],
      meta: { actor: by, correlationId: id },
    });
  }

  /** Appends to an operation as it was loaded. Returns the new version; throws a VersionConflictError. */
  async append(operation: Operation, events: OperationEvent[], options: AppendOptions = {}): Promise<number> {
    const { close, wake, actor, statements } = options;
    const { version } = await this.journal.append({
      stream: operationStream(operation.request.id),
      expectedVersion: operation.version,
      events: events.map((event) => this.sealed(event, applicationOf(operation.request))),
      meta: {
        actor: actor ?? 'clouddriver',
        correlationId: operation.request.executionId ?? operation.request.id,
      },
      workItems: { ...(close ? { close } : {}), ...(wake ? { wake } : {}) },
      ...(statements ? { statements } : {}),
      ...(operation.request.application === undefined ? {} : { application: operation.request.application }),
    });
    return version;
  }

  private sealed(event: OperationEvent, application: string): OperationEvent {
    if (event.type !== 'OperationSucceeded') return event;
    const results = this.seals.seal(event.data.results, application);
    const sealText = (text: string): string => this.seals.sealText(text, application);
    return { ...event, data: { results: withTexts(results, sealText) } };
  }
}

/** Where a result is a text that was fetched, such as manifests. */
function withTexts(results: JsonObject[], change: (text: string) => string): JsonObject[] {
  return results.map((result) =>
    typeof result['text'] === 'string' ? { ...result, text: change(result['text']) } : result,
  );
}

function applicationOf({ application = '' }: { application?: string }): string {
  return application;
}

export interface AppendOptions {
  close?: string[];
  wake?: string[];
  actor?: string;
  statements?: SqlStatement[];
}

/** The work item of an operation. Its own id is that of the work item which asked for it. */
export function operationWorkId(id: string): string {
  return operationStream(id);
}

/** While the operation runs it is its open work item, and not its first event, that stands in the way. */
function isKnown(error: unknown): boolean {
  if (error instanceof VersionConflictError) return true;
  const { code, constraint } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && constraint === 'work_item_pkey';
}

function stamped(event: RecordedEvent): StampedEvent {
  return { event: { type: event.type, data: event.data } as OperationEvent, at: event.recordedAt };
}
