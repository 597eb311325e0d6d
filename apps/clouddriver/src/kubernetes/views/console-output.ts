import { instance, type Queryable } from '@gennaker/inventory';
import { messageOf, NotFoundError, type JsonObject } from '@gennaker/kernel';
import { listAt, nameOf, objectAt, specOf, textAt } from '@gennaker/manifest';
import type { AccountRegistry } from '../accounts/account-registry.js';
import { namespaceAllowed } from '../accounts/account-rules.js';
import type { KubernetesAccount } from '../accounts/kubernetes-account.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { asking } from './cluster-errors.js';

export interface ConsoleOutput {
  output: { name: string; output: string }[];
}

export interface PodRef {
  account: string;
  /** The namespace. */
  region: string;
  /** The pod's uid, `pod x`, or `x`. */
  id: string;
}

/** The most that one container's log gives at once; the end of it. */
const MOST_BYTES = 1024 * 1024;
const MOST_LINES = 10_000;

/** What the containers of pods say. */
export class ConsoleOutputs {
  constructor(
    private readonly accounts: AccountRegistry,
    private readonly db: Queryable,
  ) {}

  /** The log of each container, init containers first. What cannot be read is said in its place. */
  async of(ref: PodRef, signal?: AbortSignal): Promise<ConsoleOutput> {
    const account = this.account(ref);
    let pod: JsonObject;
    try {
      pod = await this.pod(account, ref, signal);
    } catch (error) {
      return { output: [{ name: 'Error', output: messageOf(error) }] };
    }
    const output = await Promise.all(
      containersOf(pod).map(async (name) => ({
        name,
        output: await this.logOf(account, { namespace: ref.region, name: nameOf(pod) }, name, signal),
      })),
    );
    return { output };
  }

  /**
   * The log of one container line by line as it is written, beginning with the last `tailLines`.
   *
   * @param container the pod's first one when absent
   */
  async *follow(
    ref: PodRef,
    options: { container?: string; tailLines?: number; signal: AbortSignal },
  ): AsyncGenerator<string> {
    const account = this.account(ref);
    const pod = await this.pod(account, ref, options.signal);
    const spec = specOf(pod);
    const container = options.container ?? textAt(listAt(spec, 'containers')[0] ?? {}, 'name');
    if (!containersOf(pod).includes(container)) {
      throw new NotFoundError('instance.no_container', `pod ${nameOf(pod)} has no container "${container}"`);
    }
    yield* account.client.followLogs(
      { namespace: ref.region, name: nameOf(pod) },
      { container, tailLines: options.tailLines ?? 1_000, signal: options.signal },
    );
  }

  /** The log of a container as text; the error's own words when there is none. */
  private async logOf(
    account: KubernetesAccount,
    pod: { namespace: string; name: string },
    container: string,
    signal?: AbortSignal,
  ): Promise<string> {
    try {
      const options = { container, limitBytes: MOST_BYTES, tailLines: MOST_LINES, signal };
      return await account.client.logs(pod, options);
    } catch (error) {
      if (error instanceof KubernetesApiError) return error.message;
      throw error;
    }
  }

  private account(ref: PodRef): KubernetesAccount {
    const account = this.accounts.get(ref.account);
    if (namespaceAllowed(account.definition, ref.region)) return account;
    throw new NotFoundError(
      'instance.not_found',
      `account ${ref.account} does not show the namespace ${ref.region}`,
    );
  }

  private async pod(account: KubernetesAccount, ref: PodRef, signal?: AbortSignal): Promise<JsonObject> {
    const known = await instance(this.db, { account: ref.account, region: ref.region, uid: ref.id });
    const name = known?.displayName ?? ref.id.replace(/^pod /i, '');
    return asking(account.name, `pod ${name} in ${ref.region}`, () =>
      account.client.get({ apiVersion: 'v1', kind: 'Pod', namespace: ref.region, name }, { signal }),
    );
  }
}

function containersOf(pod: JsonObject): string[] {
  const spec = objectAt(pod, 'spec');
  return [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].map((c) => textAt(c, 'name'));
}
