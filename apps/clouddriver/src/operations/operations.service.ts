import { logger } from '@gennaker/observability';
import { CLOUDDRIVER_QUEUE, OPERATION_WORK, OperationStore } from '@gennaker/operation';
import type { Platform } from '@gennaker/platform';
import { Relay, WorkRunner } from '@gennaker/work';
import type { OperationDefinition } from './operation-definition.js';
import { OperationHandler } from './operation.handler.js';
import { OperationRegistry } from './operation-registry.js';

/** What carrying out operations needs of its process. */
export type OperationsPlatform = Pick<
  Platform,
  'instance' | 'clock' | 'database' | 'live' | 'journal' | 'blobs' | 'items' | 'hints' | 'seals' | 'secrets'
>;

export interface OperationsOptions {
  /** Operations at a time. */
  concurrency: number;
  leaseMs: number;
  relayIntervalMs: number;
  shutdownGraceMs: number;
}

const log = logger('operations');

/** The cloud driver's workers: they carry out operations, whoever asked for them. */
export class OperationsService {
  readonly operations: OperationStore;
  readonly registry: OperationRegistry;
  private readonly runner: WorkRunner;
  private readonly relay: Relay;

  constructor(
    platform: OperationsPlatform,
    definitions: readonly OperationDefinition[],
    private readonly options: OperationsOptions,
  ) {
    const { clock, items, hints } = platform;
    this.operations = new OperationStore(platform.journal, platform.blobs, platform.seals);
    this.registry = new OperationRegistry(definitions);
    this.runner = new WorkRunner(
      items,
      hints,
      clock,
      {
        queue: CLOUDDRIVER_QUEUE,
        worker: platform.instance,
        concurrency: options.concurrency,
        leaseMs: options.leaseMs,
        onError: (error, item) => log.error('an operation will be tried again', { error, workItem: item.id }),
      },
      {
        kinds: [OPERATION_WORK],
        handlers: [
          new OperationHandler(this.operations, this.registry, platform.live, clock, platform.secrets),
        ],
      },
    );
    this.relay = new Relay(items, hints, clock, {
      runHere: (id) => this.runner.take(id),
      queues: [CLOUDDRIVER_QUEUE],
      intervalMs: options.relayIntervalMs,
      onError: (error) => log.warn('could not hint due work', { error }),
    });
  }

  start(): void {
    this.runner.start();
    this.relay.start();
  }

  async stop(): Promise<void> {
    await this.relay.stop();
    await this.runner.stop(this.options.shutdownGraceMs);
  }
}
