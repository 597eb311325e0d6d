import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redactText } from '@gennaker/observability';
import { type Playground, startPlayground } from '@gennaker/playground';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretResolver } from './secret-resolver.js';
import { secretsConfigFrom } from './secrets.config.js';

describe('secrets', () => {
  let folder: string;
  let cluster: Playground;
  let secrets: SecretResolver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'secrets-'));
    cluster = await startPlayground({ port: 0 });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig());
    await writeFile(join(folder, 'plain'), 'from a file\n');
    await writeFile(join(folder, 'many.yml'), 'github:\n  token: from yaml\n');
    secrets = new SecretResolver(
      secretsConfigFrom({ SECRETS_KUBECONFIG: kubeconfig, TOKEN: 'from the environment' }),
      () => 0,
    );
    const { server, token } =
      /server: (?<server>\S+)[^]*token: (?<token>\S+)/.exec(cluster.kubeconfig())?.groups ?? {};
    await fetch(`${server}/api/v1/namespaces/default/secrets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'tokens' },
        data: { github: Buffer.from('from kubernetes').toString('base64') },
      }),
    });
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  const resolve = (reference: string) => secrets.resolve(reference, 'configuration');

  it('come from the environment, files and Secrets of Kubernetes', async () => {
    expect(await resolve('secret://env/TOKEN')).toBe('from the environment');
    expect(await resolve(`secret://file${folder}/plain`)).toBe('from a file');
    expect(await resolve(`encrypted:file!p:${folder}/many.yml!k:github.token`)).toBe('from yaml');
    expect(await resolve('encrypted:k8s!ns:default!n:tokens!k:github')).toBe('from kubernetes');
    expect(await resolve('secret://k8s/default/tokens/github')).toBe('from kubernetes');
  });

  it('are filled in wherever a value refers to them, and taken out of everything that is logged', async () => {
    const account = {
      name: 'a',
      headers: [{ authorization: 'Bearer secret://env/TOKEN' }],
      password: 'encrypted:env!n:TOKEN',
    };
    expect(await secrets.resolveAll(account, 'configuration')).toEqual({
      name: 'a',
      headers: [{ authorization: 'Bearer from the environment' }],
      password: 'from the environment',
    });
    expect(redactText('it was from the environment, was it?')).toBe('it was [redacted], was it?');
  });

  it('that cannot be had are named, and nothing that is in them', async () => {
    for (const [reference, message] of [
      ['secret://env/NONE', 'The variable NONE is not set'],
      [`secret://file${folder}/none`, `The file ${folder}/none cannot be read`],
      [`secret://file?p=${folder}/many.yml&k=gitlab.token`, 'has no text at gitlab.token'],
      [`secret://file?p=${folder}/many.yml&k=github`, 'has no text at github'],
      ['secret://k8s/default/none/github', 'There is no Secret none in namespace default'],
      ['secret://k8s/default/tokens/none', 'has no key none'],
    ] as const)
      await expect(resolve(reference)).rejects.toThrow(message);
    const lost = new SecretResolver(secretsConfigFrom({}), () => 0);
    await expect(lost.resolve('encrypted:k8s!n:tokens!k:github', 'configuration')).rejects.toThrow(
      'set SECRETS_KUBECONFIG',
    );
  });
});
