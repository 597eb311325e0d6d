import { type JsonObject, messageOf } from '@gennaker/kernel';
import { type Manifest, namespaceOf, nameOf } from '@gennaker/manifest';
import { z } from 'zod';
import { OperationFailure } from '../../operations/operation-failure.js';
import { ObjectWait, type WaitEnd } from '../stability/object-wait.js';
import { jobSelector, jobStatus, podOfJob } from '../views/job-status.js';
import { logProperties } from '../views/log-properties.js';
import { type KubernetesOperation, type KubernetesRun } from './kubernetes-operation.js';
import { targetDescription, targetRef } from './target-object.js';

const PHASE = 'WAIT_ON_JOB_COMPLETION';
const LOG_LINES = 50_000;
const LOG_BYTES = 16 * 1024 * 1024;

const schema = targetDescription.extend({
  /** The container whose log holds the properties to take over. */
  propertyFile: z.string().nullish(),
});

type Description = z.output<typeof schema>;

/** Waits for the end of a Job, woken by the cluster, and reads what it says in its log. */
export const waitOnJobCompletion: KubernetesOperation<Description> = {
  kind: 'waitOnJobCompletion',
  schema,
  targets: () => [],
  run: async (description, run) => {
    const { context, client, account } = run;
    const wait = new ObjectWait(client, targetRef(description), (reason) => {
      context.log(PHASE, `${description.manifestName}: ${reason}`);
      void context.flush().catch(() => undefined);
    });
    const end = await wait.run(context.waitSignal);
    const job = end.manifest;
    if (!job)
      throw new OperationFailure(
        'kubernetes.deleted',
        `${description.manifestName} was deleted before it ended`,
        [],
      );
    const result = await resultOf(job, end, description, run);
    if (end.state !== 'stable') throw failure(description, end, result, account.name);
    const { propertyFile, manifestName } = description;
    if (propertyFile && result['propertyFileContents'] === undefined) {
      throw new OperationFailure(
        'kubernetes.no_properties',
        `Expected properties in the log of container ${propertyFile} of '${manifestName}', but it could not be read`,
        [result],
      );
    }
    return result;
  },
};

async function resultOf(
  job: Manifest,
  end: WaitEnd,
  { propertyFile }: Description,
  run: KubernetesRun,
): Promise<JsonObject> {
  const { client, context, account } = run;
  const namespace = namespaceOf(job);
  const pods: Manifest[] = await client.listAll('pods', {
    namespace,
    labelSelector: jobSelector(job),
    signal: context.signal,
  });
  const seen = jobStatus(account.name, job, pods);
  // The count of successes comes a moment before the condition that says the same.
  const status = end.state === 'stable' ? { ...seen, jobState: 'Succeeded' } : seen;
  const pod = propertyFile ? podOfJob(pods) : undefined;
  const properties = propertyFile ? pod && (await propertiesOf(pod, propertyFile, run)) : {};
  return {
    jobStatus: status,
    completionDetails: status.completionDetails,
    ...(properties && { propertyFileContents: properties }),
  };
}

/** Undefined when the log cannot be read. */
async function propertiesOf(
  pod: Manifest,
  container: string,
  { client, context }: KubernetesRun,
): Promise<JsonObject | undefined> {
  try {
    const log = await client.logs(
      { namespace: namespaceOf(pod), name: nameOf(pod) },
      { container, tailLines: LOG_LINES, limitBytes: LOG_BYTES, signal: context.signal },
    );
    return logProperties(log);
  } catch (error) {
    context.log(PHASE, `The log of ${container} in ${nameOf(pod)} could not be read: ${messageOf(error)}`);
    return undefined;
  }
}

function failure(
  { manifestName }: Description,
  end: WaitEnd,
  result: JsonObject,
  account: string,
): OperationFailure {
  const status = result['jobStatus'] as { failureDetails: string | null };
  const why = status.failureDetails ?? end.message ?? end.state;
  const more = end.message !== null && !why.includes(end.message) ? ` (${end.message})` : '';
  return new OperationFailure(
    'kubernetes.job_failed',
    `Job '${manifestName}' in account ${account} failed: ${why}${more}`,
    [result],
  );
}
