import { NotFoundError, type JsonObject } from '@gennaker/kernel';
import { nameOf, parseKind } from '@gennaker/manifest';
import type { AccountRegistry } from '../accounts/account-registry.js';
import { assertMayWrite, namespaceAllowed } from '../accounts/account-rules.js';
import type { KubernetesAccount } from '../accounts/kubernetes-account.js';
import { asking } from './cluster-errors.js';
import { jobSelector, jobStatus, podOfJob, type JobStatus } from './job-status.js';
import { logProperties } from './log-properties.js';

export interface JobRef {
  account: string;
  location: string;
  /** `job x`, or `x`. */
  id: string;
}

/** Properties are mostly written at the end. */
const MOST_LOG_LINES = 50_000;
const MOST_LOG_BYTES = 16 * 1024 * 1024;
const MOST_PODS = 500;

/** Jobs as the cluster has them right now, and what they say. */
export class Jobs {
  constructor(private readonly accounts: AccountRegistry) {}

  async status(ref: JobRef, signal?: AbortSignal): Promise<JobStatus> {
    const account = this.account(ref);
    const { job, pods } = await this.read(account, ref, signal);
    return jobStatus(account.name, job, pods);
  }

  /** What the job's container hands on in its log. */
  async properties(ref: JobRef, container: string, signal?: AbortSignal): Promise<JsonObject> {
    const account = this.account(ref);
    const { pods } = await this.read(account, ref, signal);
    const pod = podOfJob(pods);
    if (pod === undefined)
      throw new NotFoundError('job.no_pod', `${ref.id} in ${ref.location} has no pod to read a log of`);
    return this.podProperties(
      { account: ref.account, namespace: ref.location, pod: nameOf(pod), container },
      signal,
    );
  }

  async podProperties(
    ref: { account: string; namespace: string; pod: string; container: string },
    signal?: AbortSignal,
  ): Promise<JsonObject> {
    const account = this.account({ account: ref.account, location: ref.namespace, id: ref.pod });
    const log = await asking(account.name, `the log of pod ${ref.pod}`, () =>
      account.client.logs(
        { namespace: ref.namespace, name: ref.pod.replace(/^pod /i, '') },
        { container: ref.container, tailLines: MOST_LOG_LINES, limitBytes: MOST_LOG_BYTES, signal },
      ),
    );
    return logProperties(log);
  }

  /** Ends a job: deletes it with its pods. A job that is not there has ended. */
  async cancel(ref: JobRef, signal?: AbortSignal): Promise<void> {
    const account = this.account(ref);
    assertMayWrite(account.definition, { kind: parseKind('job'), namespace: ref.location });
    const name = nameFrom(ref);
    try {
      await asking(account.name, `job ${name}`, () =>
        account.client.delete(
          { kind: 'job', namespace: ref.location, name },
          { propagationPolicy: 'Background', signal },
        ),
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  private async read(
    account: KubernetesAccount,
    ref: JobRef,
    signal?: AbortSignal,
  ): Promise<{ job: JsonObject; pods: JsonObject[] }> {
    const name = nameFrom(ref);
    const what = `job ${name} in ${ref.location} (account ${ref.account})`;
    const job = await asking(account.name, what, () =>
      account.client.get({ kind: 'job', namespace: ref.location, name }, { signal }),
    );
    const page = await asking(account.name, what, () =>
      account.client.list('Pod', {
        apiVersion: 'v1',
        namespace: ref.location,
        labelSelector: jobSelector(job),
        limit: MOST_PODS,
        signal,
      }),
    );
    return { job, pods: page.items };
  }

  private account(ref: JobRef): KubernetesAccount {
    const account = this.accounts.get(ref.account);
    if (namespaceAllowed(account.definition, ref.location)) return account;
    throw new NotFoundError(
      'job.not_found',
      `account ${ref.account} does not show the namespace ${ref.location}`,
    );
  }
}

function nameFrom(ref: JobRef): string {
  return ref.id.replace(/^job /i, '');
}
