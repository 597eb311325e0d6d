import { isObject } from '@gennaker/kernel';
import {
  isKind,
  kindFrom,
  kindKey,
  kindOfManifest,
  listAt,
  type Manifest,
  nameOf,
  namespaceOf,
  objectAt,
  specOf,
  statusOf,
  textAt,
} from '@gennaker/manifest';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { sleep, untilState } from '../stability/object-watch.js';

const SERVED_TIMEOUT_MS = 2 * 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

interface WaitOptions {
  signal: AbortSignal;
  /** Called once per reason to wait. */
  onWait: (reason: string) => void;
}

/**
 * What the objects of one deploy bring into being for each other: kinds by their definitions, namespaces, webhooks.
 * Sending waits for what it needs until the cluster serves it.
 */
export class Served {
  private readonly definitions = new Map<string, string>();
  private readonly namespaces = new Set<string>();

  constructor(
    private readonly client: KubernetesClient,
    manifests: readonly Manifest[],
  ) {
    for (const manifest of manifests) {
      if (isKind(manifest, 'namespace')) this.namespaces.add(nameOf(manifest));
      if (!isKind(manifest, 'customResourceDefinition')) continue;
      const spec = specOf(manifest);
      const kind = textAt(objectAt(spec, 'names') ?? {}, 'kind');
      this.definitions.set(kindKey(kindFrom(kind, textAt(spec, 'group'))), nameOf(manifest));
    }
  }

  /** The scope of a kind that is defined in the same deploy; undefined for others. */
  static scopeIn(manifests: readonly Manifest[], manifest: Manifest): boolean | undefined {
    const wanted = kindKey(kindOfManifest(manifest));
    const definition = manifests.find((other) => {
      if (!isKind(other, 'customResourceDefinition')) return false;
      const names = objectAt(specOf(other), 'names') ?? {};
      return kindKey(kindFrom(textAt(names, 'kind'), textAt(specOf(other), 'group'))) === wanted;
    });
    return definition && specOf(definition)['scope'] !== 'Cluster';
  }

  /** Whether the manifest needs something that the same deploy brings, so that there is nothing to look at yet. */
  brings(manifest: Manifest): boolean {
    return (
      this.definitions.has(kindKey(kindOfManifest(manifest))) || this.namespaces.has(namespaceOf(manifest))
    );
  }

  /** Sends one manifest, as often as it takes until what it needs is there; at most two minutes. */
  async send<T>(manifest: Manifest, attempt: () => Promise<T>, options: WaitOptions): Promise<T> {
    let definition = this.definitions.get(kindKey(kindOfManifest(manifest)));
    if (definition !== undefined) await this.untilEstablished(definition, options);
    let looked = false;
    const deadline = performance.now() + SERVED_TIMEOUT_MS;
    let told: string | undefined;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (definition === undefined && !looked && isUnknownKind(error)) {
          // Its definition may be younger than what we know of the cluster.
          looked = true;
          definition = await this.definitionOf(manifest, options.signal);
          if (definition !== undefined) await this.untilEstablished(definition, options);
          this.client.invalidateDiscovery();
          continue;
        }
        const reason = error instanceof KubernetesApiError ? this.reasonToWait(error, definition) : undefined;
        if (reason === undefined || performance.now() > deadline) throw error;
        if (reason !== told) options.onWait(reason);
        told = reason;
        await sleep(Math.max(pause, (error as KubernetesApiError).retryAfterMs ?? 0), options.signal);
        if (definition !== undefined) this.client.invalidateDiscovery();
      }
    }
  }

  /** The definition of a kind among those that the cluster has, established or not. */
  private async definitionOf(manifest: Manifest, signal: AbortSignal): Promise<string | undefined> {
    const wanted = kindKey(kindOfManifest(manifest));
    const definitions = await this.client.listAll('CustomResourceDefinition', {
      apiVersion: 'apiextensions.k8s.io/v1',
      signal,
    });
    const found = definitions.find((one) => {
      const spec = specOf(one);
      return (
        kindKey(kindFrom(textAt(objectAt(spec, 'names') ?? {}, 'kind'), textAt(spec, 'group'))) === wanted
      );
    });
    return found && nameOf(found);
  }

  private async untilEstablished(definition: string, { signal, onWait }: WaitOptions): Promise<void> {
    const ref = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: definition };
    let told = false;
    await untilState(
      this.client,
      ref,
      (state) => {
        if (state && isEstablished(state)) return true;
        if (!told) onWait(`waiting until the cluster serves ${definition}`);
        told = true;
        return false;
      },
      { signal, timeoutMs: SERVED_TIMEOUT_MS, waitingFor: `${definition} to be established` },
    );
  }

  private reasonToWait(error: KubernetesApiError, definition: string | undefined): string | undefined {
    if (error.status === 429) return 'the API server asks to slow down';
    if (error.status >= 500 && /failed calling (admission )?webhook/.test(error.message)) {
      return `waiting for an admission webhook: ${error.message}`;
    }
    if (error.notFound && definition !== undefined) return `waiting until the cluster serves ${definition}`;
    const namespace = [...this.namespaces].find(
      (name) => error.message.includes(`"${name}"`) || error.message.includes(` ${name} `),
    );
    if (namespace === undefined) return undefined;
    const terminating = error.status === 403 && /being terminated/.test(error.message);
    return error.notFound || terminating ? `waiting for the namespace ${namespace}` : undefined;
  }
}

function isUnknownKind(error: unknown): boolean {
  return error instanceof KubernetesApiError && error.details['unknownKind'] === true;
}

function isEstablished(definition: Manifest): boolean {
  return listAt(statusOf(definition), 'conditions').some(
    (condition) =>
      isObject(condition) && condition['type'] === 'Established' && condition['status'] === 'True',
  );
}
