import { ConflictError, type JsonObject } from '@gennaker/kernel';
import {
  annotate,
  ANNOTATIONS,
  ANNOTATIONS_LIMIT_BYTES,
  annotationsOf,
  applyPatch,
  diffManifests,
  fullResourceName,
  type Manifest,
  metadataOf,
  nameOf,
  namespaceOf,
  resourceVersionOf,
  uidOf,
  withLastApplied,
} from '@gennaker/manifest';
import { type StepOutcome } from '@gennaker/operation';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { type KubernetesObject, type ObjectRef } from '../client/kubernetes-client.types.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { untilGone } from '../stability/object-watch.js';

/** kubectl's names, so that its objects and ours change hands without conflicts. */
export const CLIENT_SIDE_MANAGER = 'kubectl-client-side-apply';
export const SERVER_SIDE_MANAGER = 'kubectl';

const CONFLICT_TRIES = 5;
/** How long an object that is on its way out may hold up its successor. */
const GONE_TIMEOUT_MS = 5 * 60_000;

export interface WriteResult {
  outcome: StepOutcome;
  /** Undefined where the object is new, or where an earlier try has made it. */
  before: Manifest | undefined;
  after: Manifest;
}

export interface WriterOptions {
  signal: AbortSignal;
  /** Ask the server what it would do; change nothing. */
  dryRun?: boolean;
}

/** Sends single manifests to a cluster. Every method may be repeated after a crash: the second time finds its work done. */
export class ManifestWriter {
  private readonly ahead = new Map<string, Promise<Manifest | undefined>>();

  constructor(
    private readonly client: KubernetesClient,
    private readonly options: WriterOptions,
  ) {}

  /** Begins to read a manifest's object, for the next look at it: reads go side by side, writes keep their order. */
  lookAhead(manifest: Manifest): void {
    const key = keyOf(manifest);
    if (nameOf(manifest) === '' || this.ahead.has(key)) return;
    const reading = this.read(manifest);
    // Whoever needs it hears of the failure; nobody may need it any more.
    reading.catch(() => undefined);
    this.ahead.set(key, reading);
  }

  /** The present state of a manifest's object. */
  async current(manifest: Manifest): Promise<Manifest | undefined> {
    if (nameOf(manifest) === '') return undefined;
    const key = keyOf(manifest);
    const reading = this.ahead.get(key);
    this.ahead.delete(key);
    return reading ?? this.read(manifest);
  }

  private read(manifest: Manifest): Promise<Manifest | undefined> {
    return this.client.find(refOf(manifest), { signal: this.options.signal });
  }

  /** `kubectl apply`: a three-way merge with what was applied last and what others have done since. */
  async apply(manifest: Manifest): Promise<WriteResult> {
    const noted = withLastApplied(manifest);
    const noteSize = Buffer.byteLength(annotationsOf(noted)[ANNOTATIONS.lastApplied] ?? '');
    // An object too big to carry a note of itself can still be applied by the server.
    if (noteSize > ANNOTATIONS_LIMIT_BYTES) return this.serverSideApply(manifest, false);
    return this.retryConflicts(async () => {
      const before = await this.settled(manifest);
      if (!before)
        return this.created(await this.client.create(asObject(noted), this.writing(CLIENT_SIDE_MANAGER)));
      const { patch, contentType } = applyPatch(manifest, before);
      if (Object.keys(patch).length === 0) return { outcome: 'unchanged', before, after: before };
      const type = contentType === 'application/merge-patch+json' ? 'merge' : 'strategic';
      const after = await this.client.patch(refOf(manifest), patch, {
        type,
        ...this.writing(CLIENT_SIDE_MANAGER),
      });
      return this.changed(before, after, 'configured');
    });
  }

  /** `kubectl apply --server-side`; a ConflictError names the fields and their owners unless `force`. */
  async serverSideApply(manifest: Manifest, force: boolean): Promise<WriteResult> {
    const before = await this.settled(manifest);
    try {
      const after = await this.client.apply(asObject(manifest), {
        fieldManager: SERVER_SIDE_MANAGER,
        force,
        signal: this.options.signal,
        ...(this.options.dryRun ? { dryRun: true } : {}),
      });
      return before ? this.changed(before, after, 'configured') : this.created(after);
    } catch (error) {
      throw error instanceof KubernetesApiError && error.conflict ? conflictReport(manifest, error) : error;
    }
  }

  /** `kubectl replace`, or create where there is nothing. */
  async replace(manifest: Manifest): Promise<WriteResult> {
    return this.retryConflicts(async () => {
      const before = await this.settled(manifest);
      if (!before)
        return this.created(await this.client.create(asObject(manifest), this.writing('kubectl-replace')));
      const metadata = { ...metadataOf(manifest), resourceVersion: resourceVersionOf(before) };
      const after = await this.client.replace(
        asObject({ ...manifest, metadata }),
        this.writing('kubectl-replace'),
      );
      return this.changed(before, after, 'replaced');
    });
  }

  /**
   * Deletes the object that has `uid`, waits until it is gone, and applies. `uid` was noted before the first try, so a
   * repetition never deletes the new object.
   */
  async recreate(manifest: Manifest, uid: string | undefined): Promise<WriteResult> {
    if (this.options.dryRun) return this.apply(manifest);
    const ref = refOf(manifest);
    const before = await this.current(manifest);
    if (uid !== undefined && before && uidOf(before) === uid) {
      const { signal } = this.options;
      try {
        await this.client.delete(ref, { propagationPolicy: 'Background', preconditions: { uid }, signal });
      } catch (error) {
        if (!(error instanceof KubernetesApiError && (error.notFound || error.conflict))) throw error;
      }
      await untilGone(this.client, ref, uid, { signal, timeoutMs: GONE_TIMEOUT_MS });
    }
    const result = await this.apply(manifest);
    return result.outcome === 'created' && before ? { ...result, outcome: 'replaced', before } : result;
  }

  /**
   * Creates an object whose name the cluster would choose. The name is chosen here, the same for every try of one step
   * (`mark`), and the object carries the mark, so that a repetition recognises it.
   */
  async createGenerated(manifest: Manifest, mark: string, suffix: string): Promise<WriteResult> {
    // The prefix stays behind: with it, a name that is taken would look like a server that cannot think of another.
    const { generateName: prefix, ...metadata } = metadataOf(structuredClone(manifest));
    const named: Manifest = { ...manifest, metadata: { ...metadata, name: `${String(prefix)}${suffix}` } };
    annotate(named, ANNOTATIONS.operation, mark);
    try {
      return this.created(await this.client.create(asObject(named), this.writing('kubectl-create')));
    } catch (error) {
      if (!(error instanceof KubernetesApiError && error.alreadyExists)) throw error;
      const existing = await this.current(named);
      if (existing && annotationsOf(existing)[ANNOTATIONS.operation] === mark) return this.created(existing);
      throw error;
    }
  }

  /** The present state, once an object on its way out is gone: what is applied to it would go with it. */
  private async settled(manifest: Manifest): Promise<Manifest | undefined> {
    const current = await this.current(manifest);
    if (!current || metadataOf(current)['deletionTimestamp'] === undefined || this.options.dryRun)
      return current;
    await untilGone(this.client, refOf(manifest), uidOf(current), {
      signal: this.options.signal,
      timeoutMs: GONE_TIMEOUT_MS,
    });
    return this.current(manifest);
  }

  private writing(fieldManager: string): { fieldManager: string; dryRun?: boolean; signal: AbortSignal } {
    const { signal, dryRun } = this.options;
    return { fieldManager, signal, ...(dryRun ? { dryRun } : {}) };
  }

  private changed(before: Manifest, after: Manifest, outcome: StepOutcome): WriteResult {
    // A dry run counts no version up, so there the contents decide.
    const same = this.options.dryRun
      ? diffManifests(before, after).changes.length === 0
      : resourceVersionOf(before) === resourceVersionOf(after) && resourceVersionOf(after) !== '';
    return { outcome: same ? 'unchanged' : outcome, before, after };
  }

  private created(after: Manifest): WriteResult {
    return { outcome: 'created', before: undefined, after };
  }

  /** Another writer got in between the look and the write: look again. */
  private async retryConflicts(write: () => Promise<WriteResult>): Promise<WriteResult> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        const raced =
          error instanceof KubernetesApiError && (error.conflict || error.alreadyExists || isGone(error));
        if (!raced || tries >= CONFLICT_TRIES) throw error;
      }
    }
  }
}

function isGone(error: KubernetesApiError): boolean {
  // A kind or a namespace that is missing does not come by asking again at once.
  return error.notFound && error.details['unknownKind'] === undefined && !/namespaces? "/.test(error.message);
}

function keyOf(manifest: Manifest): string {
  return `${namespaceOf(manifest)}/${fullResourceName(manifest)}`;
}

export function refOf(manifest: Manifest): ObjectRef {
  const namespace = namespaceOf(manifest);
  return {
    apiVersion: String(manifest['apiVersion']),
    kind: String(manifest['kind']),
    name: nameOf(manifest),
    ...(namespace === '' ? {} : { namespace }),
  };
}

export function asObject(manifest: Manifest): KubernetesObject {
  return manifest as KubernetesObject;
}

function conflictReport(manifest: Manifest, error: KubernetesApiError): ConflictError {
  const fields = error.causes.map(({ field, message }) => `${field} (${message})`);
  const details: JsonObject = { conflicts: error.causes.map(({ field, message }) => ({ field, message })) };
  return new ConflictError(
    'kubernetes.apply_conflict',
    `${fullResourceName(manifest)}: other managers own ${fields.join('; ') || error.message}. To take the fields over, set the annotation ${ANNOTATIONS.serverSideApply} to force-conflicts.`,
    { cause: error, details },
  );
}
