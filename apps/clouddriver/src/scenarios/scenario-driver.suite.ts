import { randomBytes } from 'node:crypto';
import type { JsonObject } from '@gennaker/kernel';
import type { Manifest, ManifestStatus } from '@gennaker/manifest';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningClouddriver } from '../http/clouddriver-api.suite.js';
import type { KubernetesObject } from '../kubernetes/client/kubernetes-client.types.js';

export const FIRST = 'account1';
export const SECOND = 'account2';
export const CRON_TAB_GROUP = 'stable.example.com';

export interface Task {
  status: { completed: boolean; failed: boolean; status: string };
  resultObjects: JsonObject[];
}

/** A cloud driver with two accounts of one cluster: one sees everything, the other one namespace. */
export class ScenarioDriver {
  private names = 0;

  private constructor(
    readonly driver: RunningClouddriver,
    readonly namespace: string,
    readonly secondNamespace: string,
  ) {}

  static async start(kubeconfigContents: string): Promise<ScenarioDriver> {
    const namespace = `first-${randomBytes(4).toString('hex')}`;
    const second = `second-${randomBytes(4).toString('hex')}`;
    const customResources = [{ kubernetesKind: `CronTab.${CRON_TAB_GROUP}` }];
    const driver = await RunningClouddriver.start(
      { name: FIRST, kubeconfigContents, customResources },
      { name: SECOND, kubeconfigContents, namespaces: [second] },
    );
    for (const name of [namespace, second]) {
      await driver.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    return new ScenarioDriver(driver, namespace, second);
  }

  async stop(): Promise<void> {
    for (const name of [this.namespace, this.secondNamespace]) {
      await this.driver.client.delete({ kind: 'Namespace', name });
    }
    await this.driver.stop();
  }

  /** A name that no other scenario has. */
  name(prefix: string): string {
    this.names += 1;
    return `${prefix}-${this.names}`;
  }

  /** Asks for an operation, and gives its id; a refusal is thrown. */
  async ask(operation: string, description: object): Promise<string> {
    const answer = await this.driver.ask('POST', '/kubernetes/ops', [{ [operation]: description }]);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    return (answer.body as { id: string }).id;
  }

  async ended(id: string): Promise<Task> {
    return until(
      async () => (await this.driver.get(`/task/${id}`)).body as Task,
      ({ status }) => status.completed,
    );
  }

  /** The names that an operation answers with, of one namespace. */
  async run(operation: string, description: object, namespace = this.namespace): Promise<string[]> {
    const task = await this.ended(await this.ask(operation, description));
    if (task.status.failed) throw new Error(JSON.stringify(task.resultObjects));
    return task.resultObjects.flatMap((result) => {
      const names = result['manifestNamesByNamespace'] as Record<string, string[]> | undefined;
      return names?.[namespace] ?? [];
    });
  }

  /** Deploys, and waits until everything that was deployed reads as stable. */
  async deploy(
    manifests: object[],
    fields: { namespace?: string; [field: string]: unknown } = {},
  ): Promise<string[]> {
    const { namespace = this.namespace, ...given } = fields;
    const names = await this.run(
      'deployManifest',
      {
        account: FIRST,
        cloudProvider: 'kubernetes',
        source: 'text',
        moniker: { app: 'scenarios' },
        enableTraffic: true,
        optionalArtifacts: [],
        requiredArtifacts: [],
        skipExpressionEvaluation: false,
        trafficManagement: { enabled: false, options: { enableTraffic: false } },
        manifests,
        ...given,
      },
      namespace,
    );
    const account = (given['account'] as string | undefined) ?? FIRST;
    for (const name of names) {
      const path = `/manifests/${account}/${namespace || '_'}/${encodeURIComponent(name)}?includeEvents=false`;
      await until(
        async () => (await this.driver.get(path)).body as { status?: ManifestStatus },
        ({ status }) => status?.stable.state === true && !status.failed.state,
      );
    }
    return names;
  }

  get(kind: string, name: string, namespace = this.namespace): Promise<Manifest | undefined> {
    return this.driver.client.find({ kind, name, namespace });
  }

  /** What somebody else does to the cluster. */
  async apply(manifest: KubernetesObject): Promise<void> {
    await this.driver.client.create(manifest);
  }

  async clusterWide(kind: string, name: string): Promise<KubernetesObject | undefined> {
    return this.driver.client.find({ kind, name });
  }

  async remove(kind: string, name: string, namespace?: string): Promise<void> {
    await this.driver.client
      .delete({ kind, name, ...(namespace === undefined ? {} : { namespace }) })
      .catch(() => undefined);
    await until(
      () => this.driver.client.find({ kind, name, ...(namespace === undefined ? {} : { namespace }) }),
      (found) => found === undefined,
    );
  }
}

const PATIENCE_MS = 45_000;

/** Asks again until the answer is as it should be; also in hooks, where a test's polling may not be used. */
async function until<T>(ask: () => Promise<T>, done: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`still not so: ${JSON.stringify(answer)}`);
    await sleep(20);
  }
}
