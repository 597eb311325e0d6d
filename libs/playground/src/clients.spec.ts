import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestCluster, workload } from './testing.js';

const cluster = TestCluster.forFile();
const run = promisify(execFile);

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Loading the client alone takes seconds on a busy machine. */
const LOADING_MS = 60_000;

describe(
  '@kubernetes/client-node',
  () => {
    it('reads, applies, watches and scales', async () => {
      const { AppsV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy, Watch } =
        await import('@kubernetes/client-node');
      const config = new KubeConfig();
      config.loadFromString(cluster.playground.kubeconfig());
      const core = config.makeApiClient(CoreV1Api);
      const nodes = await core.listNode();
      expect(nodes.items.map((node) => node.metadata?.name)).toEqual([
        'playground-1',
        'playground-2',
        'playground-3',
      ]);

      const objects = KubernetesObjectApi.makeApiClient(config);
      const draft = workload('Deployment', 'applied', { 'start-delay': '10ms' }, { replicas: 1 });
      (draft['metadata'] as { namespace?: string }).namespace = 'default';
      const applied = await objects.patch(
        draft,
        undefined,
        undefined,
        'spec',
        true,
        PatchStrategy.ServerSideApply,
      );
      expect(applied.metadata).toMatchObject({ uid: expect.any(String) });

      const seen: string[] = [];
      const request = await new Watch(config).watch(
        '/api/v1/namespaces/default/pods',
        { labelSelector: 'app=applied' },
        (type) => seen.push(type),
        () => undefined,
      );
      const apps = config.makeApiClient(AppsV1Api);
      // Its controller writes the Deployment's status meanwhile: as on any cluster, a conflict means to read again.
      await vi.waitFor(async () => {
        const scale = await apps.readNamespacedDeploymentScale({ name: 'applied', namespace: 'default' });
        scale.spec = { replicas: 3 };
        const scaled = await apps.replaceNamespacedDeploymentScale({
          name: 'applied',
          namespace: 'default',
          body: scale,
        });
        expect(scaled.spec?.replicas).toBe(3);
      });
      await vi.waitFor(() => expect(seen.filter((type) => type === 'ADDED')).toHaveLength(3));
      request.abort();
    });

    it('gets the errors of the API', async () => {
      const { CoreV1Api, KubeConfig } = await import('@kubernetes/client-node');
      const config = new KubeConfig();
      config.loadFromString(cluster.playground.kubeconfig());
      const core = config.makeApiClient(CoreV1Api);
      await expect(core.readNamespacedPod({ name: 'absent', namespace: 'default' })).rejects.toMatchObject({
        code: 404,
      });
    });
  },
  LOADING_MS,
);

describe.skipIf(!hasKubectl())(
  'kubectl',
  () => {
    let folder: string;
    let environment: NodeJS.ProcessEnv;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
      await writeFile(join(folder, 'config'), cluster.playground.kubeconfig());
      environment = { ...process.env, HOME: folder, KUBECONFIG: join(folder, 'config') };
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const kubectl = async (...args: string[]): Promise<string> =>
      (await run('kubectl', args, { env: environment })).stdout;

    it('applies with validation, waits for the rollout, and prints tables', async () => {
      const file = join(folder, 'web.json');
      await writeFile(
        file,
        JSON.stringify(workload('Deployment', 'web', { 'start-delay': '10ms' }, { replicas: 2 })),
      );
      expect(await kubectl('apply', '-f', file)).toContain('deployment.apps/web created');
      expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain(
        'successfully rolled out',
      );
      expect(await kubectl('get', 'deployment', 'web')).toMatch(
        /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2/,
      );
      expect(await kubectl('apply', '-f', file)).toContain('unchanged');
    });

    it('refuses an unknown field by the name of its path', async () => {
      const draft = workload('Deployment', 'typo', {}, { replica: 2 });
      const file = join(folder, 'typo.json');
      await writeFile(file, JSON.stringify(draft));
      await expect(kubectl('apply', '-f', file)).rejects.toThrow('unknown field "spec.replica"');
    });
  },
  60_000,
);
