import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '@gennaker/artifact';
import { httpPolicySchema } from '@gennaker/outbound';
import { type FakeAnswer, type FakeRequest, HttpFake } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArtifactAccountOf, artifactAccountsIn } from '../artifact-account.js';
import { ArtifactHttp } from '../artifact-http.js';
import { oracleRequest } from './oracle-source.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const KEY_ID = 'ocid1.tenancy.oc1..t/ocid1.user.oc1..u/11:22:33';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('objects of Oracle', () => {
  let folder: string;
  let store: HttpFake;
  let http: ArtifactHttp;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gennaker-oracle-'));
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    await writeFile(join(folder, 'plain.pem'), privateKey.export(pem));
    await writeFile(
      join(folder, 'sealed.pem'),
      privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'open sesame' }),
    );
    await writeFile(join(folder, 'passphrase'), 'open sesame\n');
    await writeFile(join(folder, 'broken.pem'), 'no key');
    store = await new HttpFake(answer).start();
    http = new ArtifactHttp(httpPolicySchema.parse({}), 5_000);
  });
  afterAll(async () => {
    await http.close();
    await store.stop();
    await rm(folder, { recursive: true });
  });

  /** As the service checks it: the signature is of what has come, and not older than five minutes. */
  function answer(request: FakeRequest): FakeAnswer {
    const { url, method, headers } = request;
    const shown = /^Signature (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    const said = Object.fromEntries(
      [...shown.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const lines = (said['headers'] ?? '').split(' ').map((name) => {
      if (name !== '(request-target)') return `${name}: ${String(headers[name])}`;
      return `${name}: ${method.toLowerCase()} ${url.pathname}${url.search}`;
    });
    const genuine =
      said['version'] === '1' &&
      said['algorithm'] === 'rsa-sha256' &&
      said['keyId'] === KEY_ID &&
      ['date', '(request-target)', 'host'].every((name) => said['headers']?.split(' ').includes(name)) &&
      Math.abs(Date.parse(headers.date ?? '') - NOW) <= 300_000 &&
      verify(
        'RSA-SHA256',
        Buffer.from(lines.join('\n')),
        publicKey,
        Buffer.from(said['signature'] ?? '', 'base64'),
      );
    if (!genuine) return { status: 401, body: { code: 'NotAuthenticated' } };
    return url.pathname.endsWith('/none') ? { status: 404 } : { body: `${url.pathname}${url.search}` };
  }

  function account(fields: object = {}): ArtifactAccountOf<'oracle'> {
    const given = {
      name: 'oracle',
      namespace: 'acme',
      region: 'us-ashburn-1',
      userId: 'ocid1.user.oc1..u',
      fingerprint: '11:22:33',
      tenancyId: 'ocid1.tenancy.oc1..t',
      sshPrivateKeyFilePath: join(folder, 'plain.pem'),
      apiEndpoint: store.url,
      ...fields,
    };
    const { accounts, problems } = artifactAccountsIn({ oracle: { accounts: [given] } });
    expect(problems).toEqual([]);
    return accounts[0] as ArtifactAccountOf<'oracle'>;
  }

  async function fetched(artifact: Artifact, fields: object = {}, now = NOW): Promise<string> {
    const request = await oracleRequest({ type: 'oracle/object', ...artifact }, account(fields), now);
    return String(await http.bytes(request, { signal, configured: true }));
  }

  it.each<[Artifact, string]>([
    [{ reference: 'oci://deploys/app.yml' }, '/n/acme/b/deploys/o/app.yml'],
    [{ reference: 'oci://deploys/prod/a b+c?.yml' }, '/n/acme/b/deploys/o/prod%2Fa%20b%2Bc%3F.yml'],
    [{ reference: 'oci://deploys/../../x' }, '/n/acme/b/deploys/o/..%2F..%2Fx'],
    [{ reference: 'oci://deploys/a#v 1' }, '/n/acme/b/deploys/o/a?versionId=v+1'],
    [{ reference: 'oci://deploys/a', version: 'v2' }, '/n/acme/b/deploys/o/a?versionId=v2'],
    [{ reference: 'oci://deploys/a', version: '' }, '/n/acme/b/deploys/o/a'],
  ])('are asked for with a signature: %j', async (artifact, path) => {
    expect(await fetched(artifact)).toBe(path);
  });

  it('are in the region of the account', async () => {
    const inRegion = account({ apiEndpoint: undefined });
    const { url } = await oracleRequest({ reference: 'oci://deploys/a' }, inRegion, NOW);
    expect(url).toBe('https://objectstorage.us-ashburn-1.oraclecloud.com/n/acme/b/deploys/o/a');
  });

  it('may be asked for with a key that has a passphrase', async () => {
    const sshPrivateKeyFilePath = join(folder, 'sealed.pem');
    const reference = 'oci://deploys/a';
    for (const passphrase of [
      { privateKeyPassphrase: 'open sesame' },
      { privateKeyPassphraseFile: join(folder, 'passphrase') },
    ]) {
      expect(await fetched({ reference }, { sshPrivateKeyFilePath, ...passphrase })).toContain('/o/a');
    }
    const wrong = await fetched(
      { reference },
      { sshPrivateKeyFilePath, privateKeyPassphrase: 'guess' },
    ).catch((error: unknown) => error as Error);
    expect(wrong).toMatchObject({ code: 'artifact.secret_unreadable', status: 400 });
    expect(String(wrong)).not.toContain('guess');
  });

  it.each(['broken.pem', 'missing.pem'])('need a key, which %s is not', async (file) => {
    const broken = { sshPrivateKeyFilePath: join(folder, file) };
    await expect(fetched({ reference: 'oci://deploys/a' }, broken)).rejects.toThrow(
      'the key file of the artifact account oracle cannot be used',
    );
  });

  it('that are not there or not ours say so', async () => {
    await expect(fetched({ reference: 'oci://deploys/none' })).rejects.toMatchObject({ status: 404 });
    const other = { userId: 'somebody else' };
    await expect(fetched({ reference: 'oci://deploys/a' }, other)).rejects.toMatchObject({ status: 400 });
    const late = NOW + 3_600_000;
    await expect(fetched({ reference: 'oci://deploys/a' }, {}, late)).rejects.toThrow('status 401');
  });

  it.each([
    '',
    'deploys/a',
    'oci://deploys',
    'oci://deploys/',
    's3://deploys/a',
    'oci://a?b/c',
    'oci://../c',
    'oci://a/..#1',
  ])('have references, which this is not: %s', async (reference) => {
    await expect(fetched({ reference })).rejects.toThrow('must be oci://bucket/object');
  });

  it('have accounts whose fields are all there', () => {
    const { problems } = artifactAccountsIn({ oracle: { accounts: [{ name: 'bare', region: 'a/b' }] } });
    expect(problems.map(({ path }) => path)).toEqual(
      ['namespace', 'region', 'userId', 'fingerprint', 'tenancyId', 'sshPrivateKeyFilePath'].map(
        (field) => `artifacts.oracle.accounts[0].${field}`,
      ),
    );
  });
});
