import { randomBytes } from 'node:crypto';
import { createHttpApp } from '@gennaker/http';
import type { Platform } from '@gennaker/platform';
import { startPlayground } from '@gennaker/playground';
import { clouddriverConfigFrom } from '../../apps/clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../../apps/clouddriver/src/clouddriver.service.js';
import { kayentaConfigFrom } from '../../apps/kayenta/src/kayenta.config.js';
import { kayentaHttpOptions, KayentaModule } from '../../apps/kayenta/src/kayenta.module.js';

/** A cluster with its metrics, and the services that look after them. */
export interface Cloud {
  /** Creates an object of the group `apps`. */
  apply(object: { kind: string; metadata: { namespace: string } }): Promise<void>;
  /** What the cluster holds at a path. */
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * @param accounts names under which the cluster is known
 * @param environment with the `KAYENTA_PORT` where the front door looks for the metrics judge
 */
export async function startCloud(
  platform: Platform,
  accounts: string[],
  environment: Record<string, string> = {},
): Promise<Cloud> {
  const cluster = await startPlayground({ port: 0 });
  const kubeconfigContents = cluster.kubeconfig();
  const clouddriver = new ClouddriverService(
    platform,
    clouddriverConfigFrom(
      { CLOUDDRIVER_ENCRYPTION_KEYS: randomBytes(32).toString('base64'), ...environment },
      { accounts: accounts.map((name) => ({ name, kubeconfigContents })) },
    ),
  );
  await clouddriver.start();
  const kayentaConfig = kayentaConfigFrom({
    KAYENTA_PROMETHEUS_URL: cluster.prometheusUrl,
    RELAY_INTERVAL_MS: '50',
  });
  const kayenta = await createHttpApp(KayentaModule.register(platform, kayentaConfig), {
    ...kayentaHttpOptions(kayentaConfig),
    logLevel: 'silent',
  });
  await kayenta.listen(Number(environment['KAYENTA_PORT'] ?? 0), '127.0.0.1');
  const token = /token: (\S+)/.exec(kubeconfigContents)?.[1] ?? '';
  return {
    get: async (path) => {
      const reply = await fetch(`${cluster.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      return reply.json();
    },
    apply: async ({ kind, ...object }) => {
      const path = `/apis/apps/v1/namespaces/${object.metadata.namespace}/${kind.toLowerCase()}s`;
      const reply = await fetch(`${cluster.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ kind, ...object }),
      });
      if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
    },
    stop: async () => {
      await kayenta.close();
      await clouddriver.stop();
      await cluster.stop();
    },
  };
}
