import { createHash } from 'node:crypto';
import {
  diffManifests,
  fullResourceName,
  isGenerated,
  kindOfManifest,
  type Manifest,
  metadataOf,
  namespaceOf,
  type PlannedManifest,
  printKind,
  uidOf,
} from '@gennaker/manifest';
import { type StepAttempt, type StepResult } from '../../operations/operation-context.js';
import { Autoscalers } from '../apply/autoscalers.js';
import { ManifestWriter, type WriteResult } from '../apply/manifest-writer.js';
import { type Served } from '../apply/served.js';
import { inWords } from '../client/kubernetes-error.js';
import { type KubernetesRun } from './kubernetes-operation.js';

/** Objects that are read before their turn comes. */
const LOOK_AHEAD = 8;

/** As Spinnaker words what went wrong. */
const VERBS: Record<PlannedManifest['strategy']['deployStrategy'], string> = {
  APPLY: 'Deploy',
  RECREATE: 'Deploy',
  REPLACE: 'Replace',
  SERVER_SIDE_APPLY: 'Deploy',
};

/** Sends the planned manifests one by one, each as a step. */
export class ManifestSender {
  private readonly writer: ManifestWriter;
  private readonly autoscalers: Autoscalers;
  private looked = 0;

  constructor(
    private readonly run: KubernetesRun,
    private readonly served: Served,
    private readonly stepPrefix = 'apply-',
  ) {
    this.writer = new ManifestWriter(run.client, { signal: run.context.signal });
    this.autoscalers = new Autoscalers(run.client, run.context.signal);
  }

  /** Sends them in their order; answers what the cluster made of them. */
  async sendAll(all: readonly PlannedManifest[]): Promise<Manifest[]> {
    const results: Manifest[] = [];
    const named = all.map(({ manifest }) => `${namespaceOf(manifest)}/${fullResourceName(manifest)}`);
    for (const [index, planned] of all.entries()) {
      for (let next = index; next < Math.min(all.length, index + LOOK_AHEAD); next += 1) {
        const { manifest } = all[next]!;
        // An object that is sent twice is not what it will be by then.
        if (next < this.looked || named.indexOf(named[next]!) < next || this.served.brings(manifest))
          continue;
        this.writer.lookAhead(manifest);
      }
      this.looked = Math.max(this.looked, index + LOOK_AHEAD);
      results.push(await this.send(planned, index));
    }
    return results;
  }

  private async send(planned: PlannedManifest, index: number): Promise<Manifest> {
    const { context, account } = this.run;
    const { manifest, strategy } = planned;
    const name = isGenerated(manifest)
      ? `${printKind(kindOfManifest(manifest))} ${String(metadataOf(manifest)['generateName'])}`
      : fullResourceName(manifest);
    let after: Manifest | undefined;
    const { outcome } = await context.step(
      `${this.stepPrefix}${index}`,
      {
        object: { account: account.name, namespace: namespaceOf(manifest), name },
        ...(strategy.deployStrategy === 'RECREATE' && !isGenerated(manifest)
          ? { prepare: async () => ({ uid: await this.uidOfCurrent(manifest) }) }
          : { repeatable: !isGenerated(manifest) }),
      },
      async (attempt) => {
        context.log('DEPLOY_KUBERNETES_MANIFEST', `Submitting manifest ${name} to kubernetes master...`);
        const result = await inWords(
          `${isGenerated(manifest) ? 'Create' : VERBS[strategy.deployStrategy]} failed for manifest: ${name}. Error:`,
          () => this.write(planned, index, attempt, name),
        );
        ({ after } = result);
        return stepResult(result, attempt);
      },
    );
    // A step that an earlier worker finished: what the cluster holds now is as good as what it answered then.
    after ??= await this.found(planned, index);
    context.log('DEPLOY_KUBERNETES_MANIFEST', `Deploy of ${name} finished: ${outcome}`);
    return after;
  }

  private async write(
    { manifest, strategy }: PlannedManifest,
    index: number,
    attempt: StepAttempt,
    name: string,
  ): Promise<WriteResult> {
    const { context } = this.run;
    const { writer } = this;
    const wait = {
      signal: context.waitSignal,
      onWait: (reason: string) => {
        context.log('DEPLOY_KUBERNETES_MANIFEST', `${name}: ${reason}`);
        void context.flush();
      },
    };
    return this.served.send(
      manifest,
      async () => {
        if (isGenerated(manifest))
          return writer.createGenerated(manifest, `${context.id}.${index}`, this.suffix(index));
        const sized = await this.autoscalers.respect(manifest, () => writer.current(manifest));
        switch (strategy.deployStrategy) {
          case 'RECREATE':
            return writer.recreate(sized, textOf(attempt.before['uid']));
          case 'REPLACE':
            return writer.replace(sized);
          case 'SERVER_SIDE_APPLY':
            return writer.serverSideApply(sized, strategy.forceConflicts);
          default:
            return writer.apply(sized);
        }
      },
      wait,
    );
  }

  private async found({ manifest }: PlannedManifest, index: number): Promise<Manifest> {
    const named = isGenerated(manifest)
      ? {
          ...manifest,
          metadata: {
            ...metadataOf(manifest),
            name: `${String(metadataOf(manifest)['generateName'])}${this.suffix(index)}`,
          },
        }
      : manifest;
    return (await this.writer.current(named)) ?? named;
  }

  private async uidOfCurrent(manifest: Manifest): Promise<string | null> {
    const current = await this.writer.current(manifest);
    return current ? uidOf(current) : null;
  }

  /** Five letters and digits, the same for every try of one step, as the API server itself would add. */
  private suffix(index: number): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
    const bytes = createHash('sha256').update(`${this.run.context.id}.${index}`).digest();
    return [...bytes.subarray(0, 5)].map((byte) => alphabet[byte % alphabet.length]).join('');
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function stepResult({ outcome, before, after }: WriteResult, { resumed }: StepAttempt): StepResult {
  const { changes, omitted } = diffManifests(before, after);
  // After a crash the earlier try's effect may be what is found; then there is nothing to compare with.
  if (resumed && outcome === 'unchanged') return { outcome };
  return outcome === 'unchanged' ? { outcome } : { outcome, diff: { changes, omitted } };
}
