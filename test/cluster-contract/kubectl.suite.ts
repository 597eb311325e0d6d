import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ownNamespace, send } from './cluster.js';
import { behaviour, configMap, deployment, pod } from './workloads.js';

const namespace = ownNamespace();
const run = promisify(execFile);
let available = false;
/** kubectl believes what it has learnt of another cluster on the same port. */
const cache = mkdtempSync(join(tmpdir(), 'contract-kubectl-'));

beforeAll(async () => {
  available = await run('kubectl', ['version', '--client']).then(
    () => true,
    () => false,
  );
});

afterAll(() => rmSync(cache, { recursive: true }));

/** Runs kubectl in the suite's namespace, with `manifest` as its input. */
async function kubectl(args: string[], manifest?: object): Promise<string> {
  const child = run('kubectl', ['--cache-dir', cache, '--namespace', namespace, ...args], {
    timeout: 30_000,
  });
  child.child.stdin?.end(manifest ? stringify(manifest) : '');
  return (await child).stdout;
}

describe('kubectl', () => {
  const command = (name: string, test: () => Promise<void>) =>
    it(name, async ({ skip }) => {
      skip(!available, 'kubectl is not on PATH');
      await test();
    });

  command('tells the versions of both sides', async () => {
    expect(JSON.parse(await kubectl(['version', '--output=json']))).toMatchObject({
      serverVersion: { major: '1' },
    });
  });

  command('lists what there is to manage', async () => {
    expect(await kubectl(['api-resources', '--output=name'])).toContain('deployments.apps');
  });

  command('applies three-way: what was taken out of the file is taken out of the cluster', async () => {
    await kubectl(['apply', '-f', '-'], configMap('applied', { a: '1', b: '2' }));
    await kubectl(['patch', 'configmap', 'applied', '--type=merge', '-p', '{"data":{"c":"3"}}']);
    expect(await kubectl(['apply', '-f', '-'], configMap('applied', { a: 'one' }))).toContain('configured');
    const { data } = JSON.parse(await kubectl(['get', 'configmap', 'applied', '-o', 'json'])) as {
      data: unknown;
    };
    expect(data).toEqual({ a: 'one', c: '3' });
    expect(await kubectl(['apply', '-f', '-'], configMap('applied', { a: 'one' }))).toContain('unchanged');
  });

  command('applies on the server', async () => {
    expect(
      await kubectl(['apply', '--server-side', '-f', '-'], configMap('server-side', { a: '1' })),
    ).toContain('serverside-applied');
  });

  command('finds an invalid manifest by itself', async () => {
    const draft = deployment('invalid', { spec: { replicas: 'three' } });
    await expect(kubectl(['apply', '-f', '-'], draft)).rejects.toMatchObject({
      stderr: expect.stringMatching(/invalid|error/i),
    });
  });

  command('follows a rollout, its history and its undoing', async () => {
    await kubectl(['apply', '-f', '-'], deployment('web', { replicas: 2 }));
    expect(await kubectl(['rollout', 'status', 'deployment/web', '--timeout=25s'])).toContain(
      'successfully rolled out',
    );
    await kubectl(['set', 'image', 'deployment/web', 'app=registry.example/app:2']);
    await kubectl(['rollout', 'status', 'deployment/web', '--timeout=25s']);
    expect(await kubectl(['rollout', 'history', 'deployment/web'])).toMatch(/REVISION[\s\S]*1[\s\S]*2/);
    await kubectl(['rollout', 'undo', 'deployment/web']);
    await kubectl(['rollout', 'status', 'deployment/web', '--timeout=25s']);
    const image = '{.spec.template.spec.containers[0].image}';
    expect(await kubectl(['get', 'deployment', 'web', '-o', `jsonpath=${image}`])).toBe(
      'registry.example/app:1',
    );
    await kubectl(['rollout', 'restart', 'deployment/web']);
    await kubectl(['rollout', 'status', 'deployment/web', '--timeout=25s']);
    await kubectl(['rollout', 'pause', 'deployment/web']);
    await kubectl(['rollout', 'resume', 'deployment/web']);
    expect(await kubectl(['scale', 'deployment/web', '--replicas=1'])).toContain('scaled');
  });

  command('prints the tables of the server', async () => {
    await kubectl(['apply', '-f', '-'], pod('printed'));
    await kubectl(['wait', 'pod/printed', '--for=condition=Ready', '--timeout=25s']);
    expect(await kubectl(['get', 'pod', 'printed', '-o', 'wide'])).toMatch(
      /NAME +READY +STATUS +RESTARTS +AGE +IP +NODE[^\n]*\nprinted +1\/1 +Running +0/,
    );
    expect(await kubectl(['get', 'namespaces'])).toMatch(/NAME +STATUS +AGE/);
  });

  command('describes a pod with its events', async () => {
    await kubectl(['apply', '-f', '-'], pod('described'));
    await kubectl(['wait', 'pod/described', '--for=condition=Ready', '--timeout=25s']);
    expect(await kubectl(['describe', 'pod', 'described'])).toMatch(/Name: +described[\s\S]*Events:/);
  });

  command('reads logs', async () => {
    await kubectl(['apply', '-f', '-'], pod('logging', { annotations: behaviour.logs('hello') }));
    await kubectl(['wait', 'pod/logging', '--for=condition=Ready', '--timeout=25s']);
    expect(await kubectl(['logs', 'logging'])).toMatch(/^hello\n$/m);
  });

  it('explains a field', async ({ skip }) => {
    skip(!available, 'kubectl is not on PATH');
    const { clientVersion } = JSON.parse(await kubectl(['version', '--client', '--output=json'])) as {
      clientVersion: { minor: string };
    };
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const { text } = await send('GET', '/openapi/v2', { accept });
    const old = Number.parseInt(clientVersion.minor, 10) < 27;
    skip(old && !text.includes('v1.Deployment'), 'kubectl before 1.27 reads the schema as protobuf only');
    expect(await kubectl(['explain', 'deployment.spec.replicas'])).toMatch(/replicas/);
  });

  command('asks what it may do', async () => {
    expect(await kubectl(['auth', 'can-i', 'create', 'deployments.apps'])).toBe('yes\n');
  });

  command('deletes and waits until it is gone', async () => {
    await kubectl(['create', 'deployment', 'doomed', '--image=registry.example/app:1']);
    expect(await kubectl(['delete', 'deployment', 'doomed', '--timeout=25s'])).toContain('deleted');
    await expect(kubectl(['get', 'deployment', 'doomed'])).rejects.toMatchObject({
      stderr: expect.stringContaining('NotFound'),
    });
  });
});
