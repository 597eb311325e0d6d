import { setTimeout } from 'node:timers/promises';
import { VersionConflictError } from '@gennaker/event-store';
import { type Clock, GennakerError, type JsonObject } from '@gennaker/kernel';
import {
  type AppendOptions,
  evolveOperation,
  type Operation,
  type OperationEvent,
  type OperationStore,
  operationStream,
  type StepObject,
  stepOf,
  type StepOutcome,
} from '@gennaker/operation';
import { type LiveBus } from '@gennaker/messaging';
import { redactText } from '@gennaker/observability';
import { faultPoint } from '@gennaker/work';
import { isVersionTaken } from './version-reservations.js';

/** Somebody asked the operation to stop. */
export class OperationCanceledError extends GennakerError {
  constructor(by: string) {
    super('operation.canceled', `canceled by ${by}`);
  }
}

/** Another worker goes on with the operation: end, and write nothing more. */
export class OperationLostError extends GennakerError {
  constructor(id: string) {
    super('operation.lost', `operation ${id} is carried on by another worker`);
  }
}

export interface StepResult {
  outcome: StepOutcome;
  diff?: JsonObject;
  result?: JsonObject;
}

export interface StepAttempt {
  /** What the step noted before its first try. */
  before: JsonObject;
  /** An earlier try may have had its effect: look first. */
  resumed: boolean;
}

export interface StepOptions {
  object?: StepObject;
  /** What to note before the first try, so that a later one can tell whether it had its effect. */
  prepare?: () => Promise<JsonObject>;
  /** Doing it again does no harm: then the step begins without waiting for the journal. */
  repeatable?: boolean;
}

const CANCEL_LOOK_MS = 15_000;
/** What a repeatable step notes may be lost; so long it may take to be seen. */
const NOTES_MS = 50;

/**
 * The journal of one running operation. Finished steps and log lines go out together with the next step's start, so a
 * step costs one commit: losing the record of a finished step only makes the next worker look again.
 */
export class OperationContext {
  private pending: OperationEvent[] = [];
  private turn: Promise<void> = Promise.resolve();
  private readonly canceling = new AbortController();
  private writing: number;
  private noting: Promise<void> | undefined;
  private noted = false;
  private failure: Error | undefined;
  private acted: boolean;

  constructor(
    private readonly store: OperationStore,
    private readonly live: LiveBus,
    readonly clock: Clock,
    private operation: Operation,
    /** Aborts when the claim is lost or the service stops. */
    readonly signal: AbortSignal,
  ) {
    this.writing = operation.version;
    this.acted = operation.steps.length > 0;
    if (operation.cancelRequested) this.canceling.abort(this.canceled());
  }

  get id(): string {
    return this.operation.request.id;
  }

  get request(): Operation['request'] {
    return this.operation.request;
  }

  get requestedAt(): number {
    return this.operation.requestedAt;
  }

  /** Whether a step has begun: then the cluster may hold something that the operation made. */
  get hasActed(): boolean {
    return this.acted;
  }

  /** For waits, which may be cut short at any moment: the operation's signal, and cancellation. Writes use `signal`. */
  get waitSignal(): AbortSignal {
    return AbortSignal.any([this.signal, this.canceling.signal]);
  }

  log(phase: string, message: string): void {
    this.pending.push({ type: 'OperationLogged', data: { phase, message: redactText(message) } });
  }

  /** Writes log lines now; for steps that take long. */
  async flush(): Promise<void> {
    if (this.pending.length > 0) await this.append([]);
  }

  /** Decides once what to do. `statements` commit together with the decision. */
  async plan<T extends JsonObject>(
    decide: () => Promise<{ plan: T; statements?: AppendOptions['statements'] }>,
  ): Promise<T> {
    for (;;) {
      if (this.operation.plan) return this.operation.plan as T;
      const { plan, statements } = await decide();
      try {
        await this.append([{ type: 'OperationPlanned', data: { plan } }], statements ? { statements } : {});
      } catch (error) {
        if (!isVersionTaken(error)) throw error;
      }
    }
  }

  /** Does one step, unless it has been done. A requested cancellation ends the operation here. */
  async step(
    id: string,
    options: StepOptions,
    act: (attempt: StepAttempt) => Promise<StepResult>,
  ): Promise<StepResult> {
    const known = stepOf(this.operation, id);
    if (known?.outcome !== undefined) {
      return {
        outcome: known.outcome,
        ...(known.diff && { diff: known.diff }),
        ...(known.result && { result: known.result }),
      };
    }
    this.throwIfStopped();
    const before = known?.before ?? (await options.prepare?.());
    this.acted = true;
    if (!known) {
      const started: OperationEvent = {
        type: 'OperationStepStarted',
        data: { step: id, ...(options.object && { object: options.object }), ...(before && { before }) },
      };
      if (options.repeatable) this.note(started);
      else await this.append([started]);
      this.throwIfStopped();
    }
    const result = await act({ before: before ?? {}, resumed: known !== undefined });
    faultPoint('effect.done');
    this.pending.push({ type: 'OperationStepFinished', data: { step: id, ...result } });
    return result;
  }

  /** Journals beside what is being done; what fails is thrown at the next step. */
  private note(event: OperationEvent): void {
    if (this.failure !== undefined) throw this.failure;
    this.pending.push(event);
    this.noting ??= this.writeSoon()
      .catch((error: unknown) => {
        this.failure = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.noting = undefined;
      });
  }

  /**
   * The first note goes out at once: from it a later worker knows that something was done. Those after it wait for each
   * other a moment, since each is a commit that the cluster's own storage may have to wait for.
   */
  private async writeSoon(): Promise<void> {
    const first = !this.noted;
    this.noted = true;
    if (!first) await setTimeout(NOTES_MS);
    await this.append([]);
  }

  /** Appends the last events, closes the work and wakes who waits for it. */
  async end(events: OperationEvent[], options: AppendOptions): Promise<void> {
    await this.append(events, options);
  }

  throwIfStopped(): void {
    this.signal.throwIfAborted();
    if (this.operation.cancelRequested) throw this.canceled();
  }

  get cancelRequested(): boolean {
    return this.operation.cancelRequested !== undefined;
  }

  /** Listens for cancellation until the returned function is called. */
  listen(): () => void {
    const stream = operationStream(this.id);
    const look = (): void => void this.look().catch(() => undefined);
    const stop = this.live.subscribe((advanced) => {
      if (advanced.stream === stream && advanced.version > this.writing) look();
    });
    // A signal over the bus may be lost; a look now and then makes up for it.
    const timer = setInterval(look, CANCEL_LOOK_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }

  private async look(): Promise<void> {
    const current = await this.store.get(this.id);
    if (current.cancelRequested) this.canceling.abort(new OperationCanceledError(current.cancelRequested.by));
  }

  /** One append at a time: waits on several objects may have something to say at once. */
  private append(events: OperationEvent[], options: AppendOptions = {}): Promise<void> {
    const next = this.turn.then(() => this.appendNow(events, options));
    this.turn = next.catch(() => undefined);
    return next;
  }

  private async appendNow(events: OperationEvent[], options: AppendOptions): Promise<void> {
    const all = [...this.pending, ...events];
    if (all.length === 0) return;
    this.pending = [];
    try {
      await this.appendAll(all, options);
    } catch (error) {
      this.pending = [...all.slice(0, all.length - events.length), ...this.pending];
      throw error;
    }
    const at = this.clock.now();
    this.operation = all.reduce((state, event) => evolveOperation(state, { event, at }), this.operation);
  }

  private async appendAll(events: OperationEvent[], options: AppendOptions): Promise<void> {
    for (;;) {
      // What the bus tells up to here is our own news; a wish to cancel at this version makes the append fail.
      this.writing = this.operation.version + events.length;
      try {
        await this.store.append(this.operation, events, options);
        return;
      } catch (error) {
        if (!(error instanceof VersionConflictError)) throw error;
        await this.catchUp();
      }
    }
  }

  /** The only thing that others may write to a running operation is the wish to cancel it. */
  private async catchUp(): Promise<void> {
    const current = await this.store.get(this.id);
    const gained = current.version - this.operation.version;
    const asked = current.cancelRequested !== undefined && this.operation.cancelRequested === undefined;
    if (gained !== 1 || !asked) throw new OperationLostError(this.id);
    this.operation = current;
    this.canceling.abort(this.canceled());
  }

  private canceled(): OperationCanceledError {
    return new OperationCanceledError(this.operation.cancelRequested?.by ?? 'request');
  }
}
